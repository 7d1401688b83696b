// Package bucket keeps objects in an object store that speaks Amazon's S3
// protocol 对象存储: S3 itself, MinIO, and the stores of the large clouds.
//
// A place in a bucket is named by a URL:
//
//	s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=REGION&style=path
//
// Without endpoint it is Amazon's. style is path or host, for how the bucket is
// named to the server; by default the server's name decides. Who may use it is
// never part of the URL: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where
// there is one, AWS_SESSION_TOKEN stand in the environment.
//
// Content is streamed in parts of sixteen megabytes, each with a checksum that
// the server compares. The package imports nothing of ours. Start reading at
// [Open].
package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Scheme begins the URL of a place in a bucket.
const Scheme = "s3://"

// partBytes is what is held in memory of an object on its way. With ten
// thousand parts at most an object may have 160 GB.
const partBytes = 16 << 20

// Place is a prefix in a bucket. It is safe for concurrent use.
type Place struct {
	client *minio.Core
	bucket string
	prefix string // empty, or with a slash at its end
}

// The ways in which a URL is refused.
var (
	ErrURL         = errors.New("write s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION&style=path; only the bucket must be there")
	ErrSecretInURL = errors.New("the access key does not belong in the URL, which is logged and stored: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment")
	ErrNoSecret    = errors.New("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment")
)

// Options are what a place needs beside its URL; the zero value is right for a
// program.
type Options struct {
	Getenv    func(string) string // os.Getenv by default; asked for the credentials
	Transport http.RoundTripper
}

// Open returns a place by its URL. It does not connect yet. Errors never hold a
// secret.
func Open(place string, with Options) (*Place, error) {
	u, err := url.Parse(place)
	if err != nil || u.Scheme+"://" != Scheme || u.Host == "" || u.Fragment != "" {
		return nil, ErrURL // not the error of Parse, which holds the text
	}
	if u.User != nil {
		return nil, ErrSecretInURL
	}
	endpoint, options, err := read(u.Query())
	if err != nil {
		return nil, err
	}
	getenv := with.Getenv
	if getenv == nil {
		getenv = os.Getenv
	}
	options.Transport = with.Transport
	id, secret := getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY")
	if id == "" || secret == "" {
		return nil, ErrNoSecret
	}
	options.Creds = credentials.NewStaticV4(id, secret, getenv("AWS_SESSION_TOKEN"))
	client, err := minio.NewCore(endpoint, &options)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", u.Host, err)
	}
	prefix := strings.Trim(u.Path, "/")
	if prefix != "" {
		prefix += "/"
	}
	return &Place{client, u.Host, prefix}, nil
}

// read takes the settings of a URL.
func read(settings url.Values) (endpoint string, o minio.Options, err error) {
	endpoint, o.Secure, o.MaxRetries = "s3.amazonaws.com", true, 5
	for name, values := range settings {
		value := values[0]
		switch {
		case name == "region":
			o.Region = value
		case name == "style" && value == "path":
			o.BucketLookup = minio.BucketLookupPath
		case name == "style" && value == "host":
			o.BucketLookup = minio.BucketLookupDNS
		case name == "endpoint":
			at, err := url.Parse(value)
			if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" || at.User != nil || strings.Trim(at.Path, "/") != "" {
				return "", o, ErrURL
			}
			endpoint, o.Secure = at.Host, at.Scheme == "https"
		default:
			return "", o, fmt.Errorf("%s: there is no such setting; %w", name, ErrURL)
		}
	}
	return endpoint, o, nil
}

// String names the place for people.
func (p *Place) String() string { return Scheme + p.bucket + "/" + p.prefix }

// Put stores an object. It is whole and durable when Put returns; after an
// error it is not there.
func (p *Place) Put(ctx context.Context, name string, content io.Reader) error {
	first := make([]byte, partBytes)
	n, err := io.ReadFull(content, first)
	size, from := int64(-1), io.MultiReader(bytes.NewReader(first[:n]), content)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // one request does
		size, from = int64(n), bytes.NewReader(first[:n])
	case err != nil:
		return fmt.Errorf("put %s: %w", name, err)
	}
	stored, err := p.client.Client.PutObject(ctx, p.bucket, p.prefix+name, from, size, minio.PutObjectOptions{
		PartSize: partBytes, NumThreads: 1, SendContentMd5: true, ContentType: "application/octet-stream",
	})
	if err == nil && size >= 0 && stored.Size != size {
		err = fmt.Errorf("%d bytes of %d were stored", stored.Size, size)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

// Get reads an object. The error wraps [fs.ErrNotExist] if there is none.
func (p *Place) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	content, _, _, err := p.client.GetObject(ctx, p.bucket, p.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, known(err))
	}
	return content, nil
}

// First names an object of the place, if there is any.
func (p *Place) First(ctx context.Context) (name string, found bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o, found := <-p.client.Client.ListObjects(ctx, p.bucket, minio.ListObjectsOptions{Prefix: p.prefix, Recursive: true, MaxKeys: 1})
	if o.Err != nil {
		return "", false, fmt.Errorf("look into %s: %w", p, known(o.Err))
	}
	return strings.TrimPrefix(o.Key, p.prefix), found, nil
}

// Remove removes an object; one that is not there is no error.
func (p *Place) Remove(ctx context.Context, name string) error {
	err := p.client.RemoveObject(ctx, p.bucket, p.prefix+name, minio.RemoveObjectOptions{})
	if err = known(err); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

// known turns the server's word for a missing object into Go's.
func known(err error) error {
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok && answer.StatusCode == http.StatusNotFound && answer.Code != minio.NoSuchBucket {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}
