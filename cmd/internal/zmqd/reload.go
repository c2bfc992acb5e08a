package zmqd

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"example.org/zmq"
)

// reload reads files and flags again: keys and lists hold from now on, endpoints that are new are opened, and those that
// are gone are left. What is wrong with any of it changes nothing.
func (n *node) reload() {
	n.log.Info("told to reload", "by", "signal hangup")
	fresh := n.cfg
	if n.cfg.again != nil {
		var err error
		if fresh, err = n.cfg.again(); err == nil {
			err = fresh.preflight()
		}
		if err != nil {
			n.log.Error("reload: nothing was changed", "error", err)
			return
		}
	}
	changed, err := n.gate.Reload()
	if err != nil {
		n.log.Error("reload: nothing was changed", "error", err)
		return
	}
	for _, p := range n.parts() {
		if slices.Contains(changed, p.name) || p.stale {
			err := n.rekey(p)
			if p.stale = err != nil; p.stale {
				n.log.Error("reload", "error", err)
			}
		}
	}
	var opened, left []string
	for _, s := range fresh.sides() {
		for _, p := range n.parts() {
			if p.name == s.name {
				o, l := n.move(p, s.side)
				opened, left = append(opened, o...), append(left, l...)
			}
		}
	}
	attrs := []any{"allow_lists", n.gate.Lists(), "new_keys", changed, "opened", opened, "left", left}
	if later := n.afterRestart(fresh); len(later) > 0 {
		n.log.Warn("some changed settings hold after a restart only", "settings", later)
	}
	n.log.Info("reloaded", attrs...)
}

// move opens the endpoints of a side that are new, and leaves those that are gone.
func (n *node) move(p *part, side *Side) (opened, left []string) {
	for _, e := range side.Bind {
		if slices.ContainsFunc(p.binds, func(b binding) bool { return b.wanted == e }) {
			continue
		}
		b := binding{wanted: e}
		if err := patiently(zmq.EADDRINUSE, func() error { return b.bind(p.sock) }); err != nil {
			n.log.Error("reload", "side", p.name, "error", err)
			continue
		}
		p.setBinds(append(p.binds, b))
		opened = append(opened, p.name+" "+b.bound)
	}
	for _, e := range side.Connect {
		if slices.Contains(p.connects, e) {
			continue
		}
		if err := p.connect(e); err != nil {
			n.log.Error("reload", "side", p.name, "error", err)
			continue
		}
		opened = append(opened, p.name+" "+e)
	}
	return opened, n.leave(p, side)
}

// leave leaves what a side had and has no more. What was sent to a connection lingers; a message that waits is in its
// way for a moment, and the device takes it.
func (n *node) leave(p *part, side *Side) (left []string) {
	gone := func(e string, undo func() error) bool {
		err := patiently(zmq.EFSM, undo)
		if err != nil {
			n.log.Error("reload", "side", p.name, "error", err)
			return false
		}
		left = append(left, p.name+" "+e)
		return true
	}
	var keep []binding
	for _, b := range p.binds {
		if b.from != nil || slices.Contains(side.Bind, b.wanted) || n.keeps(p, b.bound) || !gone(b.bound, func() error { return p.sock.Unbind(b.bound) }) {
			keep = append(keep, b)
		}
	}
	p.setBinds(keep)
	for _, e := range slices.Clone(p.connects) {
		if !slices.Contains(side.Connect, e) && !n.keeps(p, e) && gone(e, func() error { return p.sock.Disconnect(e) }) {
			p.disconnected(e)
		}
	}
	return left
}

// keeps reports whether an endpoint has to stay since the engine may not survive its end, and says so.
func (n *node) keeps(p *part, endpoint string) bool {
	if !sends(p.sock.Type()) || survivesCuts() {
		return false
	}
	n.log.Error("reload", "side", p.name, "error", fmt.Sprintf("%s stays until zmqd is started anew: libzmq without the gates of a staged engine can end the process when connections are cut in the middle of messages", endpoint))
	return true
}

// afterRestart returns the names of the settings that have changed and are not taken now.
func (n *node) afterRestart(fresh *Config) (names []string) {
	before, after := flatten(n.cfg), flatten(fresh)
	for name, value := range after {
		if before[name] != value {
			names = append(names, name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			names = append(names, name)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		side, key, _ := strings.Cut(name, ".")
		taken := slices.ContainsFunc(n.parts(), func(p *part) bool { return p.name == side })
		return taken && (key == "bind" || key == "connect")
	})
	slices.Sort(names)
	return names
}

// flatten returns what a Config says, by the names of files.
func flatten(cfg *Config) map[string]string {
	out := map[string]string{}
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		for i := range v.NumField() {
			f, key := v.Field(i), v.Type().Field(i).Tag.Get("yaml")
			if f.Kind() == reflect.Pointer && !f.IsNil() {
				f = f.Elem()
			}
			switch {
			case key == "" || f.IsZero():
			case key == ",inline":
				walk(f, path)
			case f.Kind() == reflect.Struct:
				walk(f, path+key+".")
			default:
				out[path+key] = fmt.Sprint(f.Interface())
			}
		}
	}
	walk(reflect.ValueOf(cfg).Elem(), "")
	return out
}
