package zmqprom_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"example.org/zmq"
	"example.org/zmq/contrib/zmqprom"
	"example.org/zmq/zmqtest"
)

// scrape returns the page that Prometheus gets.
func scrape(t testing.TB, reg *prometheus.Registry) string {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestCollector(t *testing.T) {
	pull, push := zmqtest.NewPair(t, zmq.Pull, zmq.Push)
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(zmqprom.NewCollector(pull.Context(), "one"), zmqprom.NewCollector(zmqtest.NewContext(t), "two"))
	zmqtest.Send(t, push, "ab", "cde")
	zmqtest.Expect(t, pull, "ab", "cde")
	if err := push.Close(); err != nil {
		t.Fatal(err)
	}
	page := scrape(t, reg)
	for _, want := range []string{
		`zmq_sent_messages_total{context="one",type="push"} 1`,
		`zmq_sent_parts_total{context="one",type="push"} 2`,
		`zmq_received_bytes_total{context="one",type="pull"} 5`,
		`zmq_received_bytes_total{context="one",type="push"} 0`,
		`zmq_sockets{context="one",type="push"} 0`,
		`zmq_sockets{context="one",type="pull"} 1`,
		`zmq_sockets_opened_total{context="one",type="push"} 1`,
		fmt.Sprintf(`zmq_engine_info{context="two",link=%q,version="%v"} 1`, zmq.LinkInfo(), zmq.LibraryVersion()),
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("the page has no line %s", want)
		}
	}
	if strings.Contains(page, `context="two",type=`) {
		t.Error("a context without sockets has metrics of some")
	}
	if t.Failed() {
		t.Log(page)
	}
}

// TestLint has Prometheus' own linter look at the metrics, and promtool where it is installed.
func TestLint(t *testing.T) {
	pull, _ := zmqtest.NewPair(t, zmq.Pull, zmq.Push)
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(zmqprom.NewCollector(pull.Context(), "lint"))
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool is not installed: the linter of client_golang, which it uses, has looked")
		return
	}
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(scrape(t, reg))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil || out.Len() > 0 {
		t.Errorf("promtool: %v\n%s", err, out.String())
	}
}

// TestDocumented: the package's comment has each metric.
func TestDocumented(t *testing.T) {
	pull, _ := zmqtest.NewPair(t, zmq.Pull, zmq.Push)
	reg := prometheus.NewRegistry()
	reg.MustRegister(zmqprom.NewCollector(pull.Context(), "doc"))
	families, err := reg.Gather()
	if err != nil || len(families) != 19 {
		t.Fatalf("%d families, %v", len(families), err)
	}
	for _, f := range families {
		if !strings.Contains(documentation, f.GetName()) {
			t.Errorf("doc.go does not have %s", f.GetName())
		}
	}
}

// TestScrapeUnderTraffic scrapes while sockets come and go.
func TestScrapeUnderTraffic(t *testing.T) {
	zc := zmqtest.NewContext(t)
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(zmqprom.NewCollector(zc, "busy"))
	const goroutines, rounds = 4, 20
	var all sync.WaitGroup
	for range goroutines {
		all.Add(1)
		go func() {
			defer all.Done()
			for range rounds {
				s, err := zc.NewSocket(zmq.Pull)
				if err != nil {
					t.Error(err)
					return
				}
				s.Recv(nil, zmq.DontWait)
				s.Close()
			}
		}()
	}
	for range 50 {
		scrape(t, reg)
	}
	all.Wait()
	if want := fmt.Sprintf(`zmq_sockets_opened_total{context="busy",type="pull"} %d`, goroutines*rounds); !strings.Contains(scrape(t, reg), want) {
		t.Errorf("at the end there is no line %s", want)
	}
}

// The metrics of a context, where Prometheus looks for them.
func ExampleNewCollector() {
	zc, err := zmq.NewContext()
	if err != nil {
		panic(err)
	}
	defer zc.Close()
	reg := prometheus.NewRegistry()
	reg.MustRegister(zmqprom.NewCollector(zc, "orders"))
	http.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	n, err := testutil.GatherAndCount(reg)
	fmt.Println(n, err) // there are no sockets yet
	// Output: 1 <nil>
}
