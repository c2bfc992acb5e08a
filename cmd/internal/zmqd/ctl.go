package zmqd

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

const ctlLong = `ctl sends a command to a running device, and prints the answer. ADDRESS is the endpoint of the device's control socket,
or the address of its status page. The page wants the token for pause and resume, and refuses terminate; its stats also
say who was let in and who was denied.

EXIT CODES
  0  done
  1  wrong arguments; nothing was sent
  2  the device cannot be reached, or refuses
  3  no answer within --timeout`

const ctlExample = `  zmqd ctl ipc:///run/zmqd/control stats
  zmqd ctl tcp://127.0.0.1:5561 pause
  zmqd ctl http://127.0.0.1:9600 stats --json
  zmqd ctl http://127.0.0.1:9600 resume --token-file /etc/zmqd/token`

// The exit codes of ctl beside cli.ExitBadUse.
const (
	exitRefused = 2
	exitSilent  = 3
)

// ctl is one word to a device.
type ctl struct {
	address, word string
	timeout       time.Duration
	token         string
	json          bool
	security      cli.Security
}

var ctlWords = []string{"stats", "pause", "resume", "terminate"}

func ctlCommand(s cli.Streams) *cobra.Command {
	c := &ctl{}
	cmd := &cobra.Command{
		Use: "ctl [flags] ADDRESS stats|pause|resume|terminate", Short: "Send a command to a running device", Long: ctlLong, Example: ctlExample,
		Args: cobra.ExactArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return []string{"ipc://", "tcp://", "http://"}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
			}
			return ctlWords, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c.address, c.word = args[0], args[1]
			ctx, cancel := context.WithTimeout(cmd.Context(), c.timeout)
			defer cancel()
			ctx, release := cli.UntilSignal(ctx, s.Signals)
			defer release()
			return c.say(ctx, s.Out)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.DurationVarP(&c.timeout, "timeout", "t", 5*time.Second, "how long to wait for the answer")
	f.BoolVar(&c.json, "json", false, "of stats: write JSON")
	f.StringVar(&c.token, "token-file", "", "of an http address: file with the token of the page's buttons")
	f.StringVar(&c.security.Cert, "curve-cert", "", "certificate with our own secret key")
	f.StringVar(&c.security.ServerKey, "curve-server-key", "", "the control socket's public key, or a file with it")
	return cmd
}

// sideNumbers is what went through one side, as stats writes it.
type sideNumbers struct {
	MessagesIn  uint64 `json:"messages_in"`
	BytesIn     uint64 `json:"bytes_in"`
	MessagesOut uint64 `json:"messages_out"`
	BytesOut    uint64 `json:"bytes_out"`
}

type ctlStats struct {
	Frontend sideNumbers `json:"frontend"`
	Backend  sideNumbers `json:"backend"`
	State    string      `json:"state,omitempty"` // only from the page, as Identities

	Identities map[string]*identitiesStatus `json:"identities,omitempty"` // by the name of the side
}

// write writes the numbers, and a line for each client that was judged, with its whole key: in a terminal it cannot be pointed at.
func (s *ctlStats) write(w io.Writer) {
	for _, side := range []struct {
		name string
		n    sideNumbers
	}{{"frontend", s.Frontend}, {"backend", s.Backend}} {
		fmt.Fprintf(w, "%-9s in %d messages, %s; out %d messages, %s\n", side.name, side.n.MessagesIn, cli.FormatSize(int64(side.n.BytesIn)), side.n.MessagesOut, cli.FormatSize(int64(side.n.BytesOut)))
	}
	if s.State != "" {
		fmt.Fprintf(w, "%-9s %s\n", "state", s.State)
	}
	for _, side := range slices.Sorted(maps.Keys(s.Identities)) {
		s.Identities[side].LetIn.write(w, side, "let in")
		s.Identities[side].Denied.write(w, side, "denied")
	}
}

func (t *identityTable) write(w io.Writer, side, verdict string) {
	for _, i := range t.List {
		line := strings.TrimSpace(i.Mechanism + " " + i.Key)
		if i.Name != "" {
			line += " " + strconv.Quote(i.Name)
		}
		if len(i.Addresses) > 0 {
			line += " from " + strings.Join(i.Addresses, ", ")
		}
		line += fmt.Sprintf("; %d times, first %s, last %s", i.Times, i.First.Format(time.RFC3339), i.Last.Format(time.RFC3339))
		if i.Reason != "" {
			line += ": " + i.Reason
		}
		fmt.Fprintf(w, "%-9s %s %s\n", side, verdict, line)
	}
	if t.Gone > 0 {
		fmt.Fprintf(w, "%-9s %s before these, and not kept: %d\n", side, verdict, t.Gone)
	}
}

func (c *ctl) say(ctx context.Context, w io.Writer) error {
	if !slices.Contains(ctlWords, c.word) {
		return cli.BadUse("%q is none of %s", c.word, strings.Join(ctlWords, ", "))
	}
	ask := c.askSocket
	if strings.HasPrefix(c.address, "http://") || strings.HasPrefix(c.address, "https://") {
		ask = c.askPage
	}
	stats, err := ask(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return cli.Exit(exitSilent, fmt.Errorf("%s: no answer within %v", c.address, c.timeout))
	}
	if err != nil || stats == nil {
		return err
	}
	if c.json {
		return json.NewEncoder(w).Encode(stats)
	}
	stats.write(w)
	return nil
}

// askSocket asks the control socket.
func (c *ctl) askSocket(ctx context.Context) (*ctlStats, error) {
	if err := c.security.Check(""); err != nil {
		return nil, cli.Exit(cli.ExitBadUse, err)
	}
	var gate cli.Gate
	if err := gate.Add("ctl", c.security); err != nil {
		return nil, cli.Exit(cli.ExitBadUse, err)
	}
	zctx, err := zmq.NewContext()
	if err != nil {
		return nil, cli.Exit(exitRefused, err)
	}
	defer zctx.Close()
	s, err := zctx.NewSocket(zmq.Req, append(gate.Options("ctl"), zmq.Linger(0))...)
	if err != nil {
		return nil, cli.Exit(exitRefused, err)
	}
	defer s.Close()
	if err := s.Connect(c.address); err != nil {
		return nil, cli.Exit(cli.ExitBadUse, err)
	}
	words := map[string]string{"stats": "STATISTICS", "pause": "PAUSE", "resume": "RESUME", "terminate": "TERMINATE"}
	if err := s.SendParts(ctx, []byte(words[c.word])); err != nil {
		return nil, cli.Exit(exitRefused, err)
	}
	parts, err := s.RecvParts(ctx)
	if err != nil {
		return nil, cli.Exit(exitRefused, err)
	}
	if text := string(parts[0]); strings.HasPrefix(text, "ERROR ") {
		return nil, cli.Exit(exitRefused, errors.New(text))
	}
	if c.word != "stats" {
		return nil, nil
	}
	return readStatistics(parts)
}

// readStatistics returns what "ctl stats" shows of a control socket's answer.
func readStatistics(parts [][]byte) (*ctlStats, error) {
	var n [8]uint64
	if len(parts) != len(n) {
		return nil, cli.Exit(exitRefused, fmt.Errorf("an answer of %d parts: is this a device's control socket?", len(parts)))
	}
	for i, p := range parts {
		if len(p) != 8 {
			return nil, cli.Exit(exitRefused, errors.New("the answer is not the device's numbers: is this a device's control socket?"))
		}
		n[i] = binary.NativeEndian.Uint64(p)
	}
	return &ctlStats{Frontend: sideNumbers{n[0], n[1], n[2], n[3]}, Backend: sideNumbers{n[4], n[5], n[6], n[7]}}, nil
}

// askPage asks the HTTP server.
func (c *ctl) askPage(ctx context.Context) (*ctlStats, error) {
	method, path := http.MethodPost, "/api/"+c.word
	switch c.word {
	case "stats":
		method, path = http.MethodGet, "/api/status"
	case "terminate":
		return nil, cli.BadUse("the status page does not terminate a device: send it SIGTERM, or use its control socket")
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.address, "/")+path, nil)
	if err != nil {
		return nil, cli.Exit(cli.ExitBadUse, err)
	}
	if c.token != "" {
		raw, err := os.ReadFile(c.token)
		if err != nil {
			return nil, cli.Exit(cli.ExitBadUse, err)
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(raw)))
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return nil, cli.Exit(exitRefused, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return nil, cli.Exit(exitRefused, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, cli.Exit(exitRefused, fmt.Errorf("%s: %s", resp.Status, cli.OneLine(strings.TrimSpace(string(body)))))
	}
	if c.word != "stats" {
		return nil, nil
	}
	return readStatus(body)
}

// readStatus returns what "ctl stats" shows of the status page's answer.
func readStatus(body []byte) (*ctlStats, error) {
	var st status
	if err := json.Unmarshal(body, &st); err != nil || len(st.Sides) < 2 {
		return nil, cli.Exit(exitRefused, errors.New("the answer is not the status of a device"))
	}
	out := &ctlStats{State: st.State}
	if st.Paused && st.State == stateNames[stateRunning] {
		out.State = "paused"
	}
	for _, s := range st.Sides {
		if s.Identities != nil {
			if out.Identities == nil {
				out.Identities = map[string]*identitiesStatus{}
			}
			out.Identities[s.Name] = s.Identities
		}
	}
	for i, n := range []*sideNumbers{&out.Frontend, &out.Backend} {
		s := st.Sides[i]
		*n = sideNumbers{s.In.Messages, s.In.Bytes, s.Out.Messages, s.Out.Bytes}
	}
	return out, nil
}
