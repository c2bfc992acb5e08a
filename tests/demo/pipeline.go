package main

import (
	"context"
	"time"

	"example.org/zmq"
)

// The pipeline: a ventilator hands lines to workers, which hand them on to a sink.
const workers = 2

func pipeline(ctx context.Context, st *stage) (out outcome, err error) {
	vent, err := st.start(ctx, spec{Role: "ventilator", Bind: []string{st.endpoint()}, To: len(st.text.lines)})
	if err != nil {
		return out, err
	}
	from, err := vent.hear(ctx, "bound")
	if err != nil {
		return out, err
	}
	snk, err := st.start(ctx, spec{Role: "sink", Bind: []string{st.endpoint()}, Expect: len(st.text.lines)})
	if err != nil {
		return out, err
	}
	to, err := snk.hear(ctx, "bound")
	if err != nil {
		return out, err
	}
	var crew []*member
	for i := 0; i < workers; i++ {
		w, err := st.start(ctx, spec{Role: "worker", Connect: []string{from, to}, Lose: st.lose && i == 0})
		if err != nil {
			return out, err
		}
		crew = append(crew, w)
	}
	for _, w := range crew {
		if _, err := w.hear(ctx, "ready"); err != nil {
			return out, err
		}
	}
	for _, m := range []*member{snk, vent} {
		if err := m.say("go"); err != nil {
			return out, err
		}
	}
	if _, err := snk.hear(ctx, "done"); err != nil {
		return out, err
	}
	sent, err := vent.finish(ctx)
	if err != nil {
		return out, err
	}
	var worked tally
	for _, w := range crew {
		r, err := w.finish(ctx)
		if err != nil {
			return out, err
		}
		worked = worked.plus(r.Got)
	}
	got, err := snk.finish(ctx)
	out = outcome{sent: sent.Sent, arrived: got.Got, took: got.Took}
	if sent.Sent != worked {
		out.detail = "the workers did not get what the ventilator sent"
	}
	return out, err
}

func ventilate(ctx context.Context, a *acting) (r report, err error) {
	s, err := a.socket(zmq.Push, a.Bind, nil)
	if err != nil {
		return r, err
	}
	defer s.Close()
	if err := a.wait(ctx); err != nil {
		return r, err
	}
	var buf [][]byte
	for i := a.From; i < a.To; i++ {
		buf = a.text.message(i, a.Parts, buf)
		if err := s.SendParts(ctx, buf...); over(err) {
			return r, nil // nobody waits for the rest any more
		} else if err != nil {
			return r, err
		}
		r.Sent.add(buf)
	}
	// Stay until all has arrived: over ipc, libzmq loses what is on its way to a receiver whose
	// queue is full when the sender goes.
	<-ctx.Done()
	return r, nil
}

func work(ctx context.Context, a *acting) (r report, err error) {
	in, err := a.socket(zmq.Pull, nil, a.Connect[:1])
	if err != nil {
		return r, err
	}
	defer in.Close()
	out, err := a.socket(zmq.Push, nil, a.Connect[1:])
	if err != nil {
		return r, err
	}
	defer out.Close()
	a.say("ready")
	var parts [][]byte
	for {
		if parts, err = in.AppendParts(ctx, parts[:0]); err != nil {
			break
		}
		r.Got.add(parts)
		if a.Lose && r.Got.Messages == 100 {
			continue
		}
		if err = out.SendParts(ctx, parts...); err != nil {
			break
		}
	}
	if !over(err) {
		return r, err
	}
	return r, nil
}

func sink(ctx context.Context, a *acting) (report, error) {
	s, err := a.socket(zmq.Pull, a.Bind, nil)
	if err != nil {
		return report{}, err
	}
	defer s.Close()
	return a.collect(ctx, s)
}

// since is the time that something took, never zero.
func since(begin time.Time) time.Duration { return max(time.Since(begin), time.Microsecond) }
