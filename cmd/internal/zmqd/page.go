package zmqd

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageStyle string

//go:embed page/page.js
var pageScript string

// page is the status page in one piece, and the policy that lets a browser run what is in it and nothing else.
var page = sync.OnceValues(func() (text, policy string) {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	text = strings.NewReplacer("{{STYLE}}", pageStyle, "{{SCRIPT}}", pageScript).Replace(pageHTML)
	policy = "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" +
		"; style-src " + hash(pageStyle) + "; script-src " + hash(pageScript)
	return text, policy
})

func servePage(rw http.ResponseWriter, _ *http.Request) {
	text, policy := page()
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.Header().Set("Content-Security-Policy", policy)
	rw.Header().Set("Referrer-Policy", "no-referrer")
	rw.Write([]byte(text))
}
