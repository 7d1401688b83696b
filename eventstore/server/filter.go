package server

import (
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"shiyang/eventstore/reading"
)

// defaultWindow is the number of events that a filtered subscription considers
// between checkpoints when the client sets none.
const defaultWindow = 32

// filterOf returns the filter of a read of $all, nil for none, and for a
// subscription how many events it considers between checkpoints.
func filterOf(o *streams.ReadReq_Options) (f *reading.Filter, interval uint64, err error) {
	asked := o.GetFilter()
	if asked == nil {
		return nil, 0, nil
	}
	if o.GetAll() == nil {
		return nil, 0, invalid("only $all can be filtered")
	}
	if f, err = reading.NewFilter(expressionOf(asked.GetEventType(), asked.GetStreamIdentifier())); err != nil {
		return nil, 0, invalid("%v", err)
	}
	window := asked.GetMax()
	if window == 0 {
		window = defaultWindow
	}
	if asked.GetCheckpointIntervalMultiplier() == 0 && o.GetSubscription() != nil {
		return nil, 0, invalid("the checkpoint interval multiplier must be at least 1")
	}
	return f, uint64(window) * uint64(asked.GetCheckpointIntervalMultiplier()), nil
}

// expression is what the filters of reads and of consumer groups have in common.
type expression interface {
	comparable
	GetRegex() string
	GetPrefix() []string
}

func expressionOf[E expression](byType, byStream E) reading.Expression {
	var none E
	e, isType := byStream, byType != none
	if isType {
		e = byType
	}
	return reading.Expression{ByType: isType, Regex: e.GetRegex(), Prefixes: e.GetPrefix()}
}
