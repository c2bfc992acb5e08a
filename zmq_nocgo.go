//go:build !cgo

package zmq

import (
	"errors"
	"runtime"
)

// Without cgo there is no libzmq. The functions of the fence are here all the same, so that
// programs compile and NewContext can say what is missing; checkEngine keeps every one of the
// others from being reached.

const (
	cHeaderVersion = 0
	cAPIVersion    = 0
	cVendored      = false
	cGates         = ""
)

var errNoCgo error = &sentinel{
	"zmq: this program was built without cgo, so there is no libzmq in it: build with CGO_ENABLED=1 and a C compiler",
	[]error{ErrNotSupported, errors.ErrUnsupported},
}

type (
	ctxHandle    struct{}
	sockHandle   struct{}
	msgHandle    struct{}
	framesHandle struct{}
	relayHandle  struct{}
)

const (
	modeMore = 1 << iota
	modeContinuation
	modeReportEvents
	modeConfirmRefusal
	modePart
)

const frameCopyMax = 0

type endpointOp int

const (
	endpointBind endpointOp = iota
	endpointConnect
	endpointUnbind
	endpointDisconnect
)

const (
	seedSize = 1

	threadStart = iota
	threadSched
	threadNice
	threadCPU

	listensUnix
	listensIP4
	listensIP6
)

type result struct {
	n    int
	err  Errno
	ev   PollEvents
	more bool
	lost bool
	sent int
	size int
}

const (
	relayLossy = 1 << iota
	relaySubs
	relayDiscard
)

type amount struct{ messages, parts, bytes uint64 }

type moved struct {
	in, out                       amount
	dropped, missed               uint64
	err                           Errno
	full, captureFull, falseReady bool
}

type turned struct {
	forth, backw         moved
	front, back, capture PollEvents
	err                  Errno
}

type pollFD struct {
	fd      int32
	events  int16
	revents int16
}

func cSendFast(sockHandle, []byte, int) Errno         { return ENOTSUP }
func cRecvFast(sockHandle, []byte) (int, bool, Errno) { return 0, false, ENOTSUP }
func cSendMsgFast(sockHandle, msgHandle, int) Errno   { return ENOTSUP }
func cRecvMsgFast(sockHandle, msgHandle) ([]byte, bool, bool, Errno) {
	return nil, true, false, ENOTSUP
}

const errLost Errno = 1 << 20

func cRecvWhole(sockHandle, []byte) (int, msgHandle, Errno)                { return 0, msgHandle{}, ENOTSUP }
func cRecvLeft(sockHandle, framesHandle, msgHandle) (int, Errno)           { return 0, ENOTSUP }
func cRecvFramesFast(sockHandle, framesHandle, int, int) (int, int, Errno) { return 0, 0, ENOTSUP }
func cMsgData(msgHandle, []byte, uint64, bool) ([]byte, Errno)             { return nil, ENOTSUP }

func cVersion() Version                                      { return Version{} }
func cHas(string) bool                                       { return false }
func cGSSAPI() bool                                          { return false }
func cShared() bool                                          { return false }
func cStrError(int) string                                   { return "" }
func cCtxNew(int) (ctxHandle, Errno)                         { return ctxHandle{}, ENOTSUP }
func cCtxTerm(ctxHandle) Errno                               { return ENOTSUP }
func cCtxShutdown(ctxHandle) Errno                           { return ENOTSUP }
func cCtxSet(ctxHandle, int, int) Errno                      { return ENOTSUP }
func cCtxGet(ctxHandle, int) (int, Errno)                    { return 0, ENOTSUP }
func cSocket(ctxHandle, SocketType) (sockHandle, Errno)      { return sockHandle{}, ENOTSUP }
func cClose(sockHandle) Errno                                { return ENOTSUP }
func cSetBytes(sockHandle, int, []byte) Errno                { return ENOTSUP }
func cSetInt(sockHandle, int, int32) Errno                   { return ENOTSUP }
func cSetInt64(sockHandle, int, int64) Errno                 { return ENOTSUP }
func cGetBytes(sockHandle, int, []byte) (int, Errno)         { return 0, ENOTSUP }
func cGetInt(sockHandle, int) (int32, Errno)                 { return 0, ENOTSUP }
func cGetInt64(sockHandle, int) (int64, Errno)               { return 0, ENOTSUP }
func cFD(sockHandle) (int, Errno)                            { return 0, ENOTSUP }
func cWaitBriefly(int, int, int)                             {}
func cDup(int) (int, Errno)                                  { return 0, ENOTSUP }
func cSpare(int) bool                                        { return false }
func cEvents(sockHandle) (PollEvents, Errno)                 { return 0, ENOTSUP }
func cEndpoint(sockHandle, endpointOp, string) Errno         { return ENOTSUP }
func cMonitor(sockHandle, string, int) Errno                 { return ENOTSUP }
func cMsgsAlloc(int) msgHandle                               { return msgHandle{} }
func cMsgsFree(msgHandle, int)                               {}
func (msgHandle) at(int) msgHandle                           { return msgHandle{} }
func cMsgSize(msgHandle, int) ([]byte, Errno)                { return nil, ENOTSUP }
func cMsgFill(msgHandle, []byte) ([]byte, Errno)             { return nil, ENOTSUP }
func cMsgReset(msgHandle)                                    {}
func cMsgCopy(msgHandle, msgHandle) ([]byte, Errno)          { return nil, ENOTSUP }
func cMsgMove(msgHandle, msgHandle) ([]byte, Errno)          { return nil, ENOTSUP }
func cMsgSee(msgHandle) ([]byte, bool)                       { return nil, false }
func cMsgGets(msgHandle, string) (string, bool)              { return "", false }
func (framesHandle) count() int                              { return 0 }
func (framesHandle) part(int) ([]byte, bool)                 { return nil, false }
func (framesHandle) owns(int) bool                           { return false }
func (framesHandle) ownsAny() bool                           { return false }
func (framesHandle) lost() bool                              { return false }
func (framesHandle) clear()                                  {}
func (framesHandle) disableArena()                           {}
func (framesHandle) space() int                              { return 0 }
func (framesHandle) add([]byte, bool)                        {}
func (framesHandle) lend(*runtime.Pinner, []byte, bool)      {}
func (framesHandle) appendCopy([]byte, bool) bool            { return false }
func (framesHandle) cap() int                                { return 0 }
func cFramesNew(int, int) framesHandle                       { return framesHandle{} }
func cFramesFree(framesHandle)                               {}
func (framesHandle) used() int                               { return 0 }
func cFramesCut(framesHandle, int, int)                      {}
func cFramesDrop(framesHandle, int)                          {}
func cFramesReset(framesHandle)                              {}
func cFramesReserve(framesHandle, int) bool                  { return false }
func cFramesTo(framesHandle, int, msgHandle) ([]byte, Errno) { return nil, ENOTSUP }
func cSendFramesFast(sockHandle, framesHandle) (bool, Errno) { return false, ENOTSUP }
func cRelayNew() relayHandle                                 { return relayHandle{} }
func cRelayFree(relayHandle)                                 {}
func cDeviceTurn(sockHandle, sockHandle, sockHandle, relayHandle, relayHandle, int, int, int, int) turned {
	return turned{err: ENOTSUP}
}
func cPinWakeBy(int)                                        {}
func cPinDrain([]uint64) int                                { return 0 }
func cPollNow([]pollFD) Errno                               { return ENOTSUP }
func cCurveKeypair(*[41]byte, *[41]byte) Errno              { return ENOTSUP }
func cCurvePublic(*[41]byte, *[41]byte) Errno               { return ENOTSUP }
func cSeed(*[seedSize]byte)                                 {}
func cTryThreads(int, int, int, bool, []int32) (int, Errno) { return 0, ENOTSUP }
func cInterfaces(bool) Errno                                { return 0 }
func cListener(int) (int, int64, Errno)                     { return 0, 0, ENOTSUP }

// The operations, which write their result to r.

func cSend(_ sockHandle, _ []byte, _ int, r *result)                { r.err = ENOTSUP }
func cRecv(_ sockHandle, _ []byte, _ int, r *result)                { r.err = ENOTSUP }
func cSendMsg(_ sockHandle, _ msgHandle, _ int, r *result)          { r.err = ENOTSUP }
func cSendMsgs(_ sockHandle, _ []msgHandle, _ int, r *result)       { r.err = ENOTSUP }
func cRecvFrames(_ sockHandle, _ framesHandle, _, _ int, r *result) { r.err = ENOTSUP }
func cSendFrames(_ sockHandle, _ framesHandle, _, _ int, r *result) { r.err = ENOTSUP }

func cRecvMsg(_ sockHandle, _ msgHandle, _ int, r *result) []byte {
	r.err = ENOTSUP
	return nil
}
