package zmqd

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// The HTTP server answers requests that are meant for it, and no others. A page of another site can make a browser believe
// that the site's name has this server's address (DNS rebinding): the browser then lets the page read what it gets, and
// it shows in nothing but the name in the Host header. Whoever asks for an address, or for localhost, cannot have
// been deceived so.

// answersTo reports whether a Host header names this server.
func (w *web) answersTo(host string) bool {
	name := hostName(host)
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" {
		return true
	}
	return w.named(name)
}

// named reports whether the configuration says that the server has this name.
func (w *web) named(name string) bool { return slices.Contains(w.hosts, name) }

// hostName returns the host of a Host header, without port, brackets and a dot at the end, in lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// checkHost refuses requests that are meant for others. A request of HTTP/1.0 need not say whom it is meant for;
// browsers send none such.
func (w *web) checkHost(rw http.ResponseWriter, r *http.Request) bool {
	if r.Host == "" || w.answersTo(r.Host) {
		return true
	}
	http.Error(rw, fmt.Sprintf("this server is not known as %q: ask for its address or for localhost, or give it the name with --http-host", hostName(r.Host)), http.StatusMisdirectedRequest)
	return false
}

// checkOrigin refuses requests that another site's page makes, of those that change something. What they need beside
// is the token; this one holds even if the token became known to a page.
func (w *web) checkOrigin(rw http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if r.Method == http.MethodGet || r.Method == http.MethodHead || origin == "" {
		return true
	}
	// A proxy in front may ask under another name than the browser did: then the browser's has to be configured.
	if u, err := url.Parse(origin); err == nil && u.Host != "" && (strings.EqualFold(u.Host, r.Host) || w.named(hostName(u.Host))) {
		return true
	}
	http.Error(rw, "this request comes from the page of another site", http.StatusForbidden)
	return false
}

// checkHosts finds names that no Host header could have.
func checkHosts(hosts []string) error {
	for _, h := range hosts {
		if h == "" || strings.ContainsAny(h, "/:*@ ") {
			return fmt.Errorf("http-host: %q is not the name of a host, such as zmqd.example.com: without scheme, port and path", h)
		}
	}
	return nil
}

var errHostsWithoutHTTP = errors.New("http-host says by which names the status page is asked for: say where it is with --http")
