package zmqd

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.org/zmq/cmd/internal/cli"
)

// web is the HTTP server of a node.
type web struct {
	n       *node
	token   string
	hosts   []string // names by which it may be asked, in lower case
	history *history
	server  *http.Server
	done    chan struct{}
	cancel  context.CancelFunc
}

const (
	minToken     = 16
	maxBody      = 4 << 10 // no request has one
	httpPatience = 10 * time.Second
)

// serveHTTP starts the HTTP server, if one is asked for. The result may be nil.
func (n *node) serveHTTP(ctx context.Context) (*web, error) {
	if n.cfg.HTTP == "" && len(n.given["http"]) == 0 {
		return nil, nil
	}
	w := &web{n: n, history: newHistory(), done: make(chan struct{})}
	for _, h := range n.cfg.HTTPHosts {
		w.hosts = append(w.hosts, hostName(h))
	}
	var err error
	if w.token, err = n.cfg.readToken(); err != nil {
		return nil, cli.Exit(cli.ExitBadUse, err)
	}
	listener, err := n.httpListener()
	if err != nil {
		return nil, cli.Exit(exitStart, fmt.Errorf("--http: %w", err))
	}
	w.server = &http.Server{
		Handler: w.handler(), ReadHeaderTimeout: httpPatience, ReadTimeout: httpPatience, WriteTimeout: 3 * httpPatience,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
		ConnState: newConnLimit().note,
	}
	ctx, w.cancel = context.WithCancel(ctx)
	go func() {
		defer close(w.done)
		w.history.follow(ctx, n)
	}()
	go w.server.Serve(listener)
	n.log.Info("http", "address", listener.Addr().String(), "buttons", w.token != "")
	return w, nil
}

// stop ends the server, which until then has shown the drain.
func (w *web) stop() {
	if w == nil {
		return
	}
	w.cancel()
	<-w.done
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if w.server.Shutdown(ctx) != nil {
		w.server.Close()
	}
}

func (w *web) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", servePage)
	mux.HandleFunc("GET /api/status", w.serveStatus)
	mux.HandleFunc("POST /api/pause", w.button(w.n.pause))
	mux.HandleFunc("POST /api/resume", w.button(w.n.resume))
	mux.HandleFunc("GET /healthz", w.serveHealth)
	mux.HandleFunc("GET /readyz", w.serveReady)
	mux.Handle("GET /metrics", promhttp.HandlerFor(newRegistry(w.n), promhttp.HandlerOpts{}))
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Content-Type-Options", "nosniff")
		rw.Header().Set("Cache-Control", "no-store")
		if w.checkHost(rw, r) && w.checkOrigin(rw, r) {
			r.Body = http.MaxBytesReader(rw, r.Body, maxBody)
			mux.ServeHTTP(rw, r)
		}
	})
}

// serveHealth answers whether the process does its work; a drain is work.
func (w *web) serveHealth(rw http.ResponseWriter, _ *http.Request) {
	select {
	case err := <-w.n.ended:
		w.n.ended <- err
		if w.n.state.Load() == stateRunning {
			http.Error(rw, "the device has ended", http.StatusServiceUnavailable)
			return
		}
	default:
	}
	fmt.Fprintln(rw, "ok")
}

// serveReady answers whether messages are taken.
func (w *web) serveReady(rw http.ResponseWriter, _ *http.Request) {
	switch {
	case w.n.state.Load() != stateRunning:
		http.Error(rw, stateNames[w.n.state.Load()], http.StatusServiceUnavailable)
	case w.n.dev.Paused():
		http.Error(rw, "paused", http.StatusServiceUnavailable)
	default:
		if lonely := w.n.lonely(); lonely != "" && !w.n.cfg.ReadyWithoutPeers {
			http.Error(rw, lonely, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(rw, "ok")
	}
}

// lonely says which side of the device connects and has no peer, "" if none.
func (n *node) lonely() string {
	for _, p := range []*part{n.front, n.back} {
		if p.links.alone() {
			return fmt.Sprintf("the %s connects to %s, and no peer is there", p.name, strings.Join(p.connecting(), ", "))
		}
	}
	return ""
}

// httpListener returns the socket of the HTTP server: the one that was given, or one of its own.
func (n *node) httpListener() (net.Listener, error) {
	if all := n.given["http"]; len(all) > 0 {
		return net.FileListener(all[0].file)
	}
	return net.Listen("tcp", n.cfg.HTTP)
}

// button does something for those who have the token. The token comes in a header, which no other site's page can set.
func (w *web) button(do func(who string)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if w.token == "" {
			http.Error(rw, "it was started without --token-file, so nothing pauses or resumes it by HTTP", http.StatusForbidden)
			return
		}
		if !ok || !sameToken(given, w.token) {
			rw.Header().Set("WWW-Authenticate", "Bearer")
			w.n.log.Warn("http: the token is missing or wrong", "path", r.URL.Path, "by", r.RemoteAddr)
			http.Error(rw, "the token is missing or wrong", http.StatusUnauthorized)
			return
		}
		do("status page, " + r.RemoteAddr)
		w.serveStatus(rw, r)
	}
}

// sameToken compares in a time that tells neither the token nor its length.
func sameToken(given, token string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

func (w *web) serveStatus(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "application/json")
	json.NewEncoder(rw).Encode(w.status(r.URL.Query().Get("window")))
}
