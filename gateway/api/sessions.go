package api

import (
	"encoding/json"
	"net/http"
	"time"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

// signInRequest is the body of POST /v1/sessions.
type signInRequest struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	SeatID   string `json:"seatId"`
}

type sessionResponse struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	SeatID  string    `json:"seatId,omitempty"`
}

// signIn opens a session; with seatId in that capacity.
func (a *API) signIn(w http.ResponseWriter, r *http.Request) {
	var in signInRequest
	if err := a.readPlain(w, r, &in); err != nil {
		a.refuse(w, r, err)
		return
	}
	session, err := a.Sessions.SignIn(r.Context(), in.Login, in.Password, a.ClientIP(r))
	if err == nil && in.SeatID != "" && in.SeatID != session.SeatID {
		session, err = a.Sessions.SwitchSeat(r.Context(), session.Token, in.SeatID)
	}
	a.answerSession(w, r, session, err)
}

// switchSeat changes the capacity of the session.
func (a *API) switchSeat(w http.ResponseWriter, r *http.Request) {
	var in struct {
		SeatID string `json:"seatId"`
	}
	if err := a.readPlain(w, r, &in); err != nil {
		a.refuse(w, r, err)
		return
	}
	session, err := a.Sessions.SwitchSeat(r.Context(), bearer(r), in.SeatID)
	a.answerSession(w, r, session, err)
}

func (a *API) signOut(w http.ResponseWriter, r *http.Request) {
	if bearer(r) == "" {
		a.refuse(w, r, rpc.ErrSignIn)
		return
	}
	if err := a.Sessions.SignOut(r.Context(), bearer(r)); err != nil {
		a.refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) answerSession(w http.ResponseWriter, r *http.Request, s Session, err error) {
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	answer(w, http.StatusCreated, sessionResponse{s.Token, s.Expires.UTC(), s.SeatID})
}

// readPlain reads the small bodies of this package, as strictly as the
// contract check reads the others.
func (a *API) readPlain(w http.ResponseWriter, r *http.Request, into any) error {
	content, err := readBody(w, r)
	if err != nil {
		return err
	}
	if found := plainFields(content, into); len(found) > 0 {
		return found.Err()
	}
	return json.Unmarshal(content, into)
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// The connection is the caller's: if it is gone there is nobody to tell.
	_ = json.NewEncoder(w).Encode(value)
}

// plainFields finds keys that a plain struct of strings does not have, keys
// given twice and values that are no text.
func plainFields(content []byte, into any) problem.Fields {
	known := map[string]json.RawMessage{}
	shape, _ := json.Marshal(into)
	// The shape is our own struct: it always decodes.
	_ = json.Unmarshal(shape, &known)
	return checkFlat(content, known)
}
