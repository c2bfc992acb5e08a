package zmq

import (
	"bytes"
	"go/ast"
	"go/token"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// owners are the types whose C resources a cleanup releases once nobody refers to them: a method must not let go of
// them before it is through with C.
var owners = []string{"Message", "Batch", "Socket", "Context", "Monitor", "Poller"}

// goOnly are the methods of owners that touch Go memory only, or nothing that the cleanup releases.
var goOnly = map[string]bool{
	"Message.Len": true, "Message.More": true,
	"Message.Bytes": true, // says itself that it keeps nothing alive
	"Batch.Cap":     true, "Batch.hold": true, "Batch.release": true, "Batch.forget": true,
	"Message.hold": true, "Message.release": true, "Message.sent": true, "Message.give": true, "Message.take": true, "Message.with": true,
	"Socket.Type": true, "Socket.Context": true, "Socket.opError": true, "Socket.endpointError": true,
	"Socket.requestError": true, "Socket.String": true, "Socket.Stats": true,
	"Monitor.SetBuffer": true, "Monitor.Dropped": true, "Monitor.isNil": true, "Poller.isNil": true,
}

// callersKeep are methods whose callers keep the receiver alive, which this test sees to.
var callersKeep = map[string]bool{
	"Socket.inner": true, "Context.inner": true, "Context.openSocket": true, "Socket.sendParts": true, "Socket.sendOne": true, "Socket.sendBatch": true, "Socket.awaitReply": true, "Socket.lostOf": true, "Socket.dial": true,
	"Batch.add": true, "Batch.empty": true, "Batch.index": true, "Message.handle": true, "Message.held": true, "Message.toC": true, "Message.moveIn": true, "Socket.sendMsgs": true,
}

// TestFenceKeepAlive wants every method that uses what a cleanup releases to keep its receiver alive until it has done
// so, on every way out: by runtime.KeepAlive, by release or sent, or by passing the receiver on.
func TestFenceKeepAlive(t *testing.T) {
	fset, files := sources(t)
	seen := 0
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Body == nil || len(fn.Recv.List[0].Names) == 0 {
				continue
			}
			star, ok := fn.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			typ, ok := star.X.(*ast.Ident)
			if !ok || !slices.Contains(owners, typ.Name) {
				continue
			}
			name := typ.Name + "." + fn.Name.Name
			if goOnly[name] || callersKeep[name] {
				continue
			}
			seen++
			k := keeper{fset: fset, typ: typ.Name, recv: fn.Recv.List[0].Names[0].Name}
			if touched := k.block(fn.Body.List, false); touched {
				k.report(fn.Body.Rbrace)
			}
			for _, at := range k.bad {
				t.Errorf("%s: %s leaves without keeping its receiver alive", at, name)
			}
		}
	}
	if seen < 70 {
		t.Errorf("only %d methods were looked at", seen)
	}
	for name, file := range map[string]string{"move": "device_loop.go", "Run": "devices.go"} {
		if !strings.Contains(bodyOf(t, files[file], name), "runtime.KeepAlive(d)") {
			t.Errorf("Device.%s does not keep the device alive", name)
		}
	}
}

func bodyOf(t *testing.T, f *ast.File, method string) string {
	t.Helper()
	var text strings.Builder
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == method && fn.Recv != nil {
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					text.WriteString(callText(call) + "\n")
				}
				return true
			})
		}
	}
	return text.String()
}

// callText writes a call of names, as far as a name has one dot.
func callText(call *ast.CallExpr) string {
	var args []string
	for _, a := range call.Args {
		if id, ok := a.(*ast.Ident); ok {
			args = append(args, id.Name)
		}
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		if x, ok := sel.X.(*ast.Ident); ok {
			return x.Name + "." + sel.Sel.Name + "(" + strings.Join(args, ", ") + ")"
		}
	}
	return ""
}

// keeper follows the statements of one method. What it keeps in touched is whether the receiver's inner half has been
// used since the receiver itself was.
type keeper struct {
	fset      *token.FileSet
	typ, recv string
	deferred  bool // something keeps it alive until the end
	bad       []string
}

func (k *keeper) report(at token.Pos) {
	if !k.deferred {
		k.bad = append(k.bad, k.fset.Position(at).String())
	}
}

// keeps reports whether a node passes the receiver on as a whole, or keeps it alive.
func (k *keeper) keeps(n ast.Node) (yes bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			if inner, ok := sel.X.(*ast.SelectorExpr); ok && inner.Sel.Name == "state" {
				sel = inner // which lies in the receiver itself
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == k.recv && !callersKeep[k.typ+"."+sel.Sel.Name] && sel.Sel.Name != "hold" {
				yes = true
			}
		}
		for _, a := range call.Args {
			if id, ok := a.(*ast.Ident); ok && id.Name == k.recv {
				yes = true
			}
		}
		return true
	})
	return yes
}

// touches reports whether a node uses a field of the receiver, or a method whose callers keep it alive.
func (k *keeper) touches(n ast.Node) (yes bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if sel.Sel.Name == "typ" {
				return false // a number in Go memory
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == k.recv && (!ast.IsExported(sel.Sel.Name) && !goOnly[k.typ+"."+sel.Sel.Name] && sel.Sel.Name != "state" || callersKeep[k.typ+"."+sel.Sel.Name]) {
				yes = true
			}
		}
		return true
	})
	return yes
}

func (k *keeper) block(list []ast.Stmt, touched bool) bool {
	for _, s := range list {
		touched = k.stmt(s, touched)
	}
	return touched
}

func (k *keeper) stmt(s ast.Stmt, touched bool) bool {
	switch s := s.(type) {
	case *ast.DeferStmt:
		if k.keeps(s.Call) {
			k.deferred = true
		}
	case *ast.ReturnStmt:
		for _, r := range s.Results {
			if k.keeps(r) {
				return false
			}
			touched = touched || k.touches(r)
		}
		if touched {
			k.report(s.Pos())
		}
		return false
	case *ast.IfStmt:
		if s.Init != nil {
			touched = k.stmt(s.Init, touched)
		}
		touched = touched || k.touches(s.Cond)
		after := k.block(s.Body.List, touched)
		if s.Else != nil {
			return k.stmt(s.Else, touched) || after
		}
		return touched || after
	case *ast.BlockStmt:
		return k.block(s.List, touched)
	case *ast.ForStmt:
		return k.block(s.Body.List, touched) || touched
	case *ast.RangeStmt:
		return k.block(s.Body.List, touched || k.touches(s.X)) || touched
	case *ast.SwitchStmt:
		return k.cases(s.Body.List, touched || s.Tag != nil && k.touches(s.Tag))
	case *ast.SelectStmt:
		return k.cases(s.Body.List, touched)
	default:
		if k.keeps(s) {
			return false
		}
		return touched || k.touches(s)
	}
	return touched
}

func (k *keeper) cases(list []ast.Stmt, touched bool) bool {
	after := touched
	for _, c := range list {
		switch c := c.(type) {
		case *ast.CaseClause:
			after = k.block(c.Body, touched) || after
		case *ast.CommClause:
			after = k.block(c.Body, touched) || after
		}
	}
	return after
}

// TestKeepAliveUnderGC has objects that nobody refers to behind the call in which they are used, under a collector
// that runs all the time.
func TestKeepAliveUnderGC(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer func() { close(stop); <-ended }()
	const size = 256 << 10
	want := bytes.Repeat([]byte("x"), size)
	copyOf := func() *Message {
		m, err := CopyMessage(want)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	pull, push := newPair(t, Pull, Push, "inproc")
	uses := map[string]func() bool{
		"String": func() bool { return copyOf().String() == string(want) },
		"Copy": func() bool {
			m, err := copyOf().Copy()
			return err == nil && m.String() == string(want)
		},
		"Move": func() bool {
			m := new(Message)
			return m.Move(copyOf()) == nil && m.String() == string(want)
		},
		"SendMsg": func() bool {
			return push.SendMsg(copyOf(), 0) == nil && recvText(t, pull)[0] == string(want)
		},
		"Batch.All": func() bool {
			b := forgetBatch(t, want)
			for _, parts := range b.All() {
				return bytes.Equal(parts[0], want)
			}
			return false
		},
		"SendBatch": func() bool {
			n, err := push.SendBatch(patient(t), forgetBatch(t, want))
			return n == 1 && err == nil && recvText(t, pull)[0] == string(want)
		},
	}
	for limit := time.Now().Add(2 * time.Second); time.Now().Before(limit); {
		for name, use := range uses {
			if rand.IntN(2) == 0 && !use() {
				t.Fatalf("%s has other bytes, while the collector runs", name)
			}
		}
	}
}

// forgetBatch returns a batch with one message.
func forgetBatch(t *testing.T, part []byte) *Batch {
	b, err := NewBatch(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add(part); err != nil {
		t.Fatal(err)
	}
	return b
}
