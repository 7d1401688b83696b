package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Bucket 对象存储桶 is what a backup needs of an object store: objects by name,
// under a prefix of the backup's own. Package bucket has one.
type Bucket interface {
	// Put stores an object; it is whole and durable when Put returns, and not
	// there at all after an error.
	Put(ctx context.Context, name string, content io.Reader) error
	// Get reads an object; the error wraps fs.ErrNotExist if there is none.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// First names an object, if there is any.
	First(ctx context.Context) (name string, found bool, err error)
	// Remove removes an object; one that is not there is no error.
	Remove(ctx context.Context, name string) error
}

// CreateIn begins a backup in a bucket, which must hold nothing where it is to
// lie. ctx bounds all of its writing.
func CreateIn(ctx context.Context, b Bucket) (*Writer, error) {
	name, found, err := b.First(ctx)
	if err == nil && found {
		err = fmt.Errorf("the bucket holds %s already; every backup has a place of its own", name)
	}
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	return &Writer{place: &bucketPlace{ctx: ctx, bucket: b}}, nil
}

// OpenIn is [Open] for a backup in a bucket; where names it for people.
func OpenIn(ctx context.Context, b Bucket, where string) (*Backup, error) {
	return openShelf(bucketShelf{ctx, b}, where)
}

// bucketPlace writes a backup into a bucket.
type bucketPlace struct {
	ctx    context.Context //nolint:containedctx // of the whole backup
	bucket Bucket
	names  []string
}

func (p *bucketPlace) write(name string, content io.Reader) error {
	p.names = append(p.names, name)
	return p.bucket.Put(p.ctx, name, content)
}

func (p *bucketPlace) seal(manifest []byte) error {
	return p.write(ManifestName, bytes.NewReader(manifest))
}

func (p *bucketPlace) leave(done bool) (err error) {
	if done {
		return nil
	}
	ctx := context.WithoutCancel(p.ctx)
	for _, name := range p.names { // there was nothing: all of these are ours
		err = errors.Join(err, p.bucket.Remove(ctx, name))
	}
	return err
}

// bucketShelf reads a backup from a bucket.
type bucketShelf struct {
	ctx    context.Context //nolint:containedctx // of the whole reading
	bucket Bucket
}

func (s bucketShelf) open(name string) (io.ReadCloser, error) { return s.bucket.Get(s.ctx, name) }

// Close has nothing to end.
func (bucketShelf) Close() error { return nil }
