package monitoring

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/monitoring/frame"
	"shiyang/services/permits/monitoring/wire"
)

// maxLines is how many refused lines an answer names.
const maxLines = 500

// ImportFrames takes a file of frames, one a line, through the door that the
// wire uses: the same checks, the same ids, so what came over the wire before
// changes nothing.
func (s *Server) ImportFrames(ctx context.Context, r *permitsv1.ImportFramesRequest) (*permitsv1.ImportFramesResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	f := fileIntake{server: s, sees: rpc.Filter(who, s.Method("ImportFrames"))}
	for n, line := range bytes.Split(r.GetContent(), []byte{'\n'}) {
		if line = bytes.TrimRight(line, "\r"); len(bytes.TrimSpace(line)) > 0 {
			f.take(ctx, int32(n+1), line)
		}
	}
	f.waiting.Wait()
	return f.report(), ctx.Err()
}

// fileIntake takes the lines of one file.
type fileIntake struct {
	server  *Server
	sees    rpc.Visibility
	packets frame.Assembler
	waiting sync.WaitGroup

	mu    sync.Mutex
	lines []*permitsv1.FrameLine
	at    uint64 // the latest fact
}

func (f *fileIntake) take(ctx context.Context, n int32, line []byte) {
	at := &permitsv1.FrameLine{Line: n}
	f.mu.Lock()
	f.lines = append(f.lines, at)
	f.mu.Unlock()
	p, err := frame.NewReader(bytes.NewReader(append(line[:len(line):len(line)], '\r', '\n'))).Next()
	if fault, is := errors.AsType[*frame.Fault](err); is {
		at.Mn = fault.MN
		f.settle(at, refuse(fault.Kind.Code(), fault.Kind.String()))
		return
	}
	if err != nil {
		f.settle(at, refuse(frame.Unknown, frame.Garbage.String()))
		return
	}
	at.Mn = string(p.MN)
	m, complete, err := f.packets.Add(p)
	switch {
	case err != nil:
		f.settle(at, refuse(frame.WrongFlag, "packets"))
		return
	case !complete:
		at.Outcome = outcomeWaiting
		return
	}
	_, known, err := f.server.device(ctx, m.MN)
	if err != nil {
		f.settle(at, wire.Verdict{Outcome: wire.Failed})
		return
	}
	if known.Exists() && !f.sees.Sees(rpc.Object{County: known.Division, FirmID: known.EnterpriseID}) {
		f.settle(at, refuse(frame.WrongMN, "mn")) // what is not yours does not exist
		return
	}
	f.waiting.Add(1)
	f.server.Take(ctx, m, func(v wire.Verdict) {
		f.settle(at, v)
		f.waiting.Done()
	})
}

// The outcomes of a line.
const (
	outcomeStored   = "stored"
	outcomeRepeated = "repeated"
	outcomeRefused  = "refused"
	outcomeWaiting  = "waiting" // a packet whose message is not complete
)

func (f *fileIntake) settle(at *permitsv1.FrameLine, v wire.Verdict) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = max(f.at, v.At)
	switch v.Outcome {
	case wire.Stored:
		at.Outcome = outcomeStored
	case wire.Repeated:
		at.Outcome = outcomeRepeated
	case wire.Noticed:
		at.Outcome, at.Reason = outcomeRefused, text(reasonNoData)
	case wire.Refused:
		at.Outcome, at.Reason = outcomeRefused, text(reason(v.Why))
	case wire.Failed:
		at.Outcome, at.Reason = outcomeRefused, text(reasonFailed)
	}
}

func (f *fileIntake) report() *permitsv1.ImportFramesResponse {
	answer := &permitsv1.ImportFramesResponse{Receipt: &commonv1.Receipt{Position: f.at}}
	for _, line := range f.lines {
		switch line.GetOutcome() {
		case outcomeStored:
			answer.Stored++
			continue
		case outcomeRepeated:
			answer.Repeated++
			continue
		case outcomeWaiting:
			// Every packet but the last of a message waits; those of messages
			// that stayed incomplete are told below.
			continue
		}
		answer.Refused++
		if len(answer.GetLines()) < maxLines {
			answer.Lines = append(answer.Lines, line)
		}
	}
	answer.Refused += int32(f.packets.Waiting())
	return answer
}

var (
	reasonNoData = act.Text("不是监测数据，没有保存。", "The frame holds no data to keep.")
	reasonFailed = act.Text("暂时无法保存，请稍后重新导入。", "It could not be stored now. Import it again later.")
)

// reasons are why a frame is refused, in words.
var reasons = map[string]problem.Text{
	"garbage":   act.Text("不是 HJ 212 数据包。", "This is no frame of HJ 212."),
	"length":    act.Text("数据段长度不对。", "The length of the data segment is wrong."),
	"crc":       act.Text("CRC 校验不符（须为大写）。", "The CRC does not match; it must be in upper case."),
	"ending":    act.Text("数据包没有以回车换行结束。", "The frame does not end in CR LF."),
	"cut":       act.Text("数据包不完整。", "The frame is cut off."),
	"form":      act.Text("数据段格式不对。", "The data segment has the wrong form."),
	"qn":        act.Text("请求编码 QN 不对。", "The QN is wrong."),
	"st":        act.Text("系统编码 ST 与排放口不符。", "The ST is not that of the outlet."),
	"cn":        act.Text("命令编码 CN 不认识。", "The CN is unknown."),
	"mn":        act.Text("设备标识 MN 没有登记。", "The MN is not registered."),
	"pw":        act.Text("访问密码不对。", "The password is wrong."),
	"flag":      act.Text("Flag 或者分包编号不对，或者不是 2017 版协议。", "The Flag or the packet numbers are wrong, or the version is not 2017."),
	"packets":   act.Text("分包互相矛盾。", "The packets of the message contradict each other."),
	"data":      act.Text("数据时间或者数值格式不对。", "The DataTime or a value has the wrong form."),
	"time":      act.Text("数据时间在将来，或者早于保存期限。", "The DataTime lies ahead, or before what is kept."),
	"suspended": act.Text("设备已停用或者已更换。", "The meter is suspended or was replaced."),
}

func reason(why string) problem.Text {
	if r, known := reasons[why]; known {
		return r
	}
	return act.Text("没有保存："+strings.ToUpper(why), "Not stored: "+why)
}

func text(t problem.Text) *commonv1.Text { return desk.TextOf(t) }
