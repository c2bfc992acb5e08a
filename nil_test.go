package zmq

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// nilCall is one call with nothing in place of what it should get.
type nilCall struct {
	name string
	call func() []reflect.Value
	end  func() // ends a call that waits
}

// TestNilArguments calls every exported method, and every exported function that takes pointers, interfaces, functions or
// lists, with nil in place of each. None panics; what needs the thing says so, and a nil context never ends.
func TestNilArguments(t *testing.T) {
	var calls []nilCall
	for _, typ := range []SocketType{Dealer, XPub} {
		for _, v := range nilTargets(t, typ) {
			calls = append(calls, methodsOf(v)...)
		}
	}
	calls = append(calls, functionsWithNil(t)...)
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) { callWithNil(t, c) })
	}
	if len(calls) < 90 {
		t.Errorf("only %d calls: where are the others?", len(calls))
	}
}

// TestNilReceivers calls every exported method of every exported type whose methods take a pointer, on nil and on a value that no
// constructor has made. None panics, and each that returns an error says which pointer is nil.
func TestNilReceivers(t *testing.T) {
	nils := map[string]any{}
	for _, v := range []any{(*Socket)(nil), (*Context)(nil), (*Message)(nil), (*Batch)(nil), (*Poller)(nil), (*Device)(nil), (*Monitor)(nil), (*AllowList)(nil), (*Requester)(nil),
		(*Certificate)(nil), (*CurveKey)(nil), (*CurveSecretKey)(nil), (*OpError)(nil), (*VersionError)(nil), (*ProtocolError)(nil), (*AuthError)(nil)} {
		nils[reflect.TypeOf(v).Elem().Name()] = v
	}
	_, files := sources(t)
	for _, f := range files {
		for _, d := range f.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok || d.Recv == nil || !d.Name.IsExported() {
				continue
			}
			if p, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
				if name := p.X.(*ast.Ident).Name; ast.IsExported(name) {
					if nils[name] == nil {
						t.Errorf("%s.%s is not called here: add the type", name, d.Name.Name)
					}
				}
			}
		}
	}
	calls := 0
	for name, v := range nils {
		calls += callOnNil(t, name+"(nil)", v)
	}
	for _, v := range []any{new(Socket), new(Context), new(Batch), new(Poller), new(Device), new(Monitor)} {
		calls += callOnNil(t, reflect.TypeOf(v).Elem().Name()+"{}", v)
	}
	if calls < 150 {
		t.Errorf("only %d calls: where are the others?", calls)
	}
}

// TestNilAuthenticators: what could judge nobody is refused at once, and not when the first client comes.
func TestNilAuthenticators(t *testing.T) {
	c := newTestContext(t)
	for _, a := range []Authenticator{nil, AuthenticatorFunc(nil), MetadataAuthenticatorFunc(nil), (*AllowList)(nil)} {
		err := c.ServeAuth(context.Background(), a)
		if !apiVersion().AtLeast(from40) {
			needs(t, from40, err)
			continue
		}
		wantError(t, err, []error{EINVAL}, "there is no Authenticator")
	}
}

// callOnNil calls the methods of a pointer, but for those that Go itself calls on the value that it points to.
func callOnNil(t *testing.T, name string, v any) (calls int) {
	typ := reflect.TypeOf(v)
	for i := range typ.NumMethod() {
		method := typ.Method(i)
		if _, byValue := typ.Elem().MethodByName(method.Name); byValue {
			continue
		}
		calls++
		t.Run(name+"."+method.Name, func(t *testing.T) {
			callWithNil(t, nilCall{name + "." + method.Name, func() []reflect.Value {
				if method.Name == "Format" {
					fmt.Fprint(io.Discard, v)
					return nil
				}
				f := reflect.ValueOf(v).Method(i)
				out := callZero(f)
				_, isError := v.(error)
				for i, o := range out {
					if f.Type().Out(i) != reflect.TypeFor[error]() || isError {
						continue
					}
					err, _ := o.Interface().(error)
					if op := new(OpError); err != errNotOnList && (!errors.As(err, &op) || !errors.Is(err, EINVAL) && !errors.Is(err, EFAULT)) {
						t.Errorf("%s.%s: %v, want an OpError that says what is nil", name, method.Name, err)
					}
				}
				return out
			}, func() {}})
		})
	}
	return calls
}

// target is a value whose methods are called, and how to end those that wait. It is made anew for each.
type target struct {
	name string
	make func() (v any, end func())
}

func nilTargets(t *testing.T, typ SocketType) []target {
	c := newTestContext(t)
	end := func() {}
	socket := func() *Socket {
		return newTestSocket(t, c, typ, RecvTimeout(time.Millisecond), SendTimeout(time.Millisecond))
	}
	all := []target{{"Socket " + typ.String(), func() (any, func()) { return socket(), end }}}
	if typ != Dealer {
		return all
	}
	all = append(all,
		target{"Context", func() (any, func()) { return newTestContext(t), end }},
		target{"Message", func() (any, func()) { return new(Message), end }},
		target{"Batch", func() (any, func()) {
			b := mustGet(NewBatch(1))
			t.Cleanup(func() { b.Close() })
			return b, end
		}},
		target{"Poller", func() (any, func()) {
			p := mustGet(NewPoller())
			t.Cleanup(func() { p.Close() })
			return p, func() { p.Close() }
		}},
		target{"Device", func() (any, func()) {
			front, back := socket(), socket()
			return mustGet(NewProxy(front, back)), func() { front.Close() }
		}},
		target{"AllowList", func() (any, func()) { return new(AllowList), end }},
		target{"Certificate", func() (any, func()) { return new(Certificate), end }},
	)
	for _, o := range []any{Linger, RecvHWM, MaxMsgSize, Affinity, Identity, IPv4Only, FD, RecvMore, lastEndpoint, CurveServerKey, CurveOwnSecretKey, IOThreads, Blocky, SocketLimit} {
		all = append(all, target{reflect.TypeOf(o).Name(), func() (any, func()) { return o, end }})
	}
	if apiVersion().AtLeast(from40) {
		all = append(all, target{"Monitor", func() (any, func()) {
			m := mustGet(socket().Monitor(EventAll))
			t.Cleanup(func() { m.Close() })
			return m, func() { m.Close() }
		}})
	}
	return all
}

// methodsOf calls each method of a value with the zero values of what it takes.
func methodsOf(of target) (calls []nilCall) {
	v, _ := of.make()
	typ := reflect.TypeOf(v)
	for i := range typ.NumMethod() {
		if !takesNil(typ.Method(i).Type, 1) || typ.Method(i).Name == "Format" { // which is fmt's to call
			continue
		}
		name := of.name + "." + typ.Method(i).Name
		ends := make(chan func(), 1)
		calls = append(calls, nilCall{name, func() []reflect.Value {
			fresh, end := of.make()
			ends <- end
			return callZero(reflect.ValueOf(fresh).Method(i))
		}, func() {
			end := <-ends
			ends <- end // an iterator that the call returns is ended by the same
			end()
		}})
	}
	return calls
}

// takesNil reports whether a function takes something, from this parameter on, that can be nil.
func takesNil(f reflect.Type, from int) bool {
	for i := from; i < f.NumIn(); i++ {
		switch f.In(i).Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Func, reflect.Slice, reflect.Map, reflect.UnsafePointer:
			return true
		}
	}
	return false
}

// callZero calls a function with zeros; in place of a variable number of things that can be nil it gives one nil.
func callZero(f reflect.Value) []reflect.Value {
	in := make([]reflect.Value, f.Type().NumIn())
	for i := range in {
		in[i] = reflect.Zero(f.Type().In(i))
	}
	if f.Type().IsVariadic() {
		in[len(in)-1] = reflect.Zero(in[len(in)-1].Type().Elem())
	}
	return f.Call(in)
}

// functionsWithNil are the package's functions, of which none that takes something that can be nil may be left out.
func functionsWithNil(t *testing.T) (calls []nilCall) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	tested := map[string]any{
		"NewContext": func() error {
			c, err := NewContext(ContextOption{})
			if err == nil {
				c.Close()
			}
			return err
		},
		"NewCertificate": NewCertificate, "PinMessage": func() error {
			m, err := PinMessage(nil, nil)
			if err == nil {
				err = m.Close()
			}
			return err
		},
		"CopyMessage": func() error {
			m, err := CopyMessage(nil)
			if err == nil {
				err = m.Close()
			}
			return err
		},
		"WithCapture": WithCapture, "WithLossyCapture": WithLossyCapture, "WithControl": WithControl,
		"NewQueue": NewQueue, "NewForwarder": NewForwarder, "NewStreamer": NewStreamer,
		"NewProxy":     func() error { _, err := NewProxy(s, s, nil); return err },
		"Poll":         func() error { _, err := Poll([]PollItem{{}}, 0); return err },
		"ReportLeaks":  func() { ReportLeaks(nil); ReportLeaks(noteForgotten) },
		"AuthErrorLog": AuthErrorLog, "ServeErrorLog": ServeErrorLog, "ServeErrorReply": ServeErrorReply, "Serve": Serve,
		"Z85Encode": Z85Encode, "AdoptContext": AdoptContext, "BorrowContext": BorrowContext, "AdoptMessage": AdoptMessage,
		"AuthenticatorFunc": func() error {
			return s.Context().ServeAuth(context.Background(), AuthenticatorFunc(nil))
		},
		"typed nil": func() error {
			p := mustGet(NewPoller())
			defer p.Close()
			return errors.Join(p.Remove((*Socket)(nil)), p.Modify((*Socket)(nil), PollIn))
		},
	}
	_, files := sources(t)
	for _, f := range files {
		for _, d := range f.Decls {
			d, ok := d.(*ast.FuncDecl)
			if ok && d.Recv == nil && d.Name.IsExported() && astTakesNil(d) && tested[d.Name.Name] == nil {
				t.Errorf("the function %s is not tested here: add it", d.Name.Name)
			}
		}
	}
	for name, f := range tested {
		calls = append(calls, nilCall{name, func() []reflect.Value { return callZero(reflect.ValueOf(f)) }, func() {}})
	}
	return calls
}

func astTakesNil(d *ast.FuncDecl) bool {
	for _, p := range d.Type.Params.List {
		switch p := p.Type.(type) {
		case *ast.StarExpr, *ast.FuncType, *ast.ArrayType, *ast.MapType, *ast.InterfaceType, *ast.Ellipsis:
			return true
		case *ast.SelectorExpr:
			if p.Sel.Name == "Pointer" || p.Sel.Name == "Context" {
				return true
			}
		}
	}
	return false
}

// callWithNil makes a call and ends it if it waits.
func callWithNil(t *testing.T, c nilCall) {
	type outcome struct {
		values []reflect.Value
		panics string
	}
	out := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if p := recover(); p != nil {
				o.panics = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
			out <- o
		}()
		o.values = c.call()
	}()
	var got outcome
	select {
	case got = <-out:
	case <-time.After(50 * time.Millisecond): // it waits, as for ever: a nil context does not end it
		c.end()
		select {
		case got = <-out:
		case <-time.After(patience):
			t.Fatalf("%s(nil) has not ended after %v, nor when what it waits for was closed", c.name, patience)
		}
	}
	if got.panics != "" {
		t.Fatalf("%s(nil) panics: %s", c.name, got.panics)
	}
	for _, v := range got.values {
		if err, ok := v.Interface().(error); ok && !strings.HasPrefix(err.Error(), "zmq: ") {
			t.Errorf("%s(nil): %v does not say whose error it is", c.name, err)
		}
		if f := v; f.Kind() == reflect.Func && !f.IsNil() && f.Type().NumIn() == 1 && f.Type().In(0).Kind() == reflect.Func {
			// An iterator: its first turn must not panic either.
			callWithNil(t, nilCall{c.name + " (iterator)", func() []reflect.Value {
				stop := reflect.MakeFunc(f.Type().In(0), func([]reflect.Value) []reflect.Value { return []reflect.Value{reflect.ValueOf(false)} })
				return f.Call([]reflect.Value{stop})
			}, c.end})
		}
	}
}
