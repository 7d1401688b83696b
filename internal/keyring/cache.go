package keyring

import (
	"container/list"
	"crypto/cipher"
	"sync"
	"time"
)

// cache keeps recently used keys, few of them and not for long.
type cache struct {
	size int
	keep time.Duration

	mu      sync.Mutex
	epoch   uint64 // grows with every destruction
	entries map[string]*list.Element
	order   *list.List // of *entry, most recent first
}

type entry struct {
	subject string
	key     cipher.AEAD
	until   time.Time
}

func newCache(size int, keep time.Duration) *cache {
	return &cache{size: size, keep: keep, entries: map[string]*list.Element{}, order: list.New()}
}

func (c *cache) get(subject string, now time.Time) (cipher.AEAD, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.entries[subject]
	if at == nil {
		return nil, false
	}
	e := at.Value.(*entry) // the list holds nothing else
	if !now.Before(e.until) {
		c.remove(at)
		return nil, false
	}
	c.order.MoveToFront(at)
	return e.key, true
}

// begin returns a token for put: what was read before a destruction must not
// be remembered after it.
func (c *cache) begin() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch
}

func (c *cache) put(subject string, key cipher.AEAD, now time.Time, token uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if token != c.epoch {
		return
	}
	if at := c.entries[subject]; at != nil {
		c.remove(at)
	}
	c.entries[subject] = c.order.PushFront(&entry{subject, key, now.Add(c.keep)})
	if c.order.Len() > c.size {
		c.remove(c.order.Back())
	}
}

func (c *cache) forget(subjects []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	for _, s := range subjects {
		if at := c.entries[s]; at != nil {
			c.remove(at)
		}
	}
}

func (c *cache) remove(at *list.Element) {
	c.order.Remove(at)
	delete(c.entries, at.Value.(*entry).subject) // as above
}
