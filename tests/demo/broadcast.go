package main

import (
	"context"
	"slices"

	"example.org/zmq"
)

// The broadcast: a publisher sends every line once, and each subscriber gets those that begin as
// its filter says. No queue has a limit, so that no subscriber, however slow, misses anything.

func broadcast(ctx context.Context, st *stage) (out outcome, err error) {
	pub, err := st.start(ctx, spec{Role: "publisher", Bind: []string{st.endpoint()}, To: len(st.text.lines), Filters: st.text.filters, Lose: st.lose})
	if err != nil {
		return out, err
	}
	from, err := pub.hear(ctx, "bound")
	if err != nil {
		return out, err
	}
	var all []*member
	for _, f := range st.text.filters {
		wanted := st.text.matching(f, st.run.parts)
		out.sent = out.sent.plus(wanted)
		m, err := st.start(ctx, spec{Role: "subscriber", Connect: []string{from}, Filter: f, Expect: wanted.Messages})
		if err != nil {
			return out, err
		}
		all = append(all, m)
	}
	if _, err := pub.hear(ctx, "ready"); err != nil {
		return out, err
	}
	for _, m := range append(slices.Clone(all), pub) {
		if err := m.say("go"); err != nil {
			return out, err
		}
	}
	for _, m := range all {
		if _, err := m.hear(ctx, "done"); err != nil {
			return out, err
		}
	}
	sent, err := pub.finish(ctx)
	if err != nil {
		return out, err
	}
	for i, m := range all {
		r, err := m.finish(ctx)
		if err != nil {
			return out, err
		}
		out.arrived, out.took = out.arrived.plus(r.Got), max(out.took, r.Took)
		if r.Got != st.text.matching(st.text.filters[i], st.run.parts) {
			out.detail = "a subscriber did not get what it asked for"
		}
	}
	if sent.Sent != st.text.matching("", st.run.parts) {
		out.detail = "the publisher did not send the text"
	}
	return out, nil
}

// publish waits until every filter has reached it, which an XPUB socket receives as messages:
// what is published earlier would pass the subscribers by.
func publish(ctx context.Context, a *acting) (r report, err error) {
	s, err := a.socket(zmq.XPub, a.Bind, nil, zmq.SendHWM(0))
	if err != nil {
		return r, err
	}
	defer s.Close()
	missing := map[string]bool{}
	for _, f := range a.Filters {
		missing["\x01"+f] = true
	}
	for len(missing) > 0 {
		parts, err := s.RecvParts(ctx)
		if err != nil {
			return r, err
		}
		delete(missing, string(parts[0]))
	}
	a.say("ready")
	if err := a.wait(ctx); err != nil {
		return r, err
	}
	var buf [][]byte
	for i := a.From; i < a.To; i++ {
		buf = a.text.message(i, a.Parts, buf)
		r.Sent.add(buf)
		if a.Lose && i == 100 {
			continue
		}
		if err := s.SendParts(ctx, buf...); over(err) {
			return r, nil
		} else if err != nil {
			return r, err
		}
	}
	<-ctx.Done() // until all has arrived
	return r, nil
}

func subscribe(ctx context.Context, a *acting) (report, error) {
	s, err := a.socket(zmq.Sub, nil, a.Connect, zmq.RecvHWM(0), zmq.Subscribe(a.Filter))
	if err != nil {
		return report{}, err
	}
	defer s.Close()
	return a.collect(ctx, s)
}
