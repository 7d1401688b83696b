package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/google/uuid"
)

// callersAtOnce is how many send commands at the same time.
const callersAtOnce = 64

// httpClient is that of the floor and of the commands, so that both pay the
// same for it. Each caller keeps its connection.
var httpClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callersAtOnce}}

// post sends a JSON body and reads the whole answer.
func post(ctx context.Context, url string, body []byte, header http.Header) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = header
	response, err := httpClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		answer, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		return fmt.Errorf("%s: %s: %s, %w", url, response.Status, answer, err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	if closed := response.Body.Close(); err == nil {
		err = closed
	}
	return err
}

// command returns what sends one: the registration of a site, of about 1 KiB
// as an event with its metadata.
func (r *run) command(p *program) (func() error, error) {
	clerk, err := r.signIn(p, "shouli")
	if err != nil {
		return nil, err
	}
	var count atomic.Int64
	return func() error {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		body := fmt.Appendf(nil, `{"site":{"unitName":"示例测速%d厂","division":"620602","remark":"%s","example":true}}`, count.Add(1), payload[:450])
		return post(r.ctx, p.url+"/v1/facilities", body, http.Header{
			"Content-Type": {"application/json"}, "Authorization": {"Bearer " + clerk.Token}, "Idempotency-Key": {id.String()},
		})
	}, nil
}
