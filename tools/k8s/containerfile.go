package k8s

import (
	"fmt"
	"strings"
)

// A Stage is one FROM of a Containerfile with its instructions.
type Stage struct {
	From  string // image or earlier stage
	Name  string
	Lines []Line
}

// A Line is one instruction: COPY and what follows, continuation lines joined.
type Line struct{ Instruction, Rest string }

// ParseContainerfile reads the part of the format that we use. Instructions
// before the first FROM (ARG) form a stage without From.
func ParseContainerfile(text string) []Stage {
	stages := []Stage{{}}
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		instruction, rest, _ := strings.Cut(line, " ")
		instruction = strings.ToUpper(instruction)
		rest = strings.Join(strings.Fields(rest), " ")
		if instruction == "FROM" {
			from, name, _ := strings.Cut(rest, " AS ")
			stages = append(stages, Stage{From: from, Name: name})
			continue
		}
		last := &stages[len(stages)-1]
		last.Lines = append(last.Lines, Line{instruction, rest})
	}
	return stages
}

// CheckContainerfile returns what breaks the rules of the image.
func CheckContainerfile(text string) []string {
	var found []string
	wrong := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	stages := ParseContainerfile(text)
	last := stages[len(stages)-1]
	if last.From != "scratch" {
		wrong("the image stands on %q: end with FROM scratch, which holds no shell", last.From)
	}
	for _, stage := range stages[1:] {
		if strings.HasSuffix(stage.From, ":latest") || stage.From != "scratch" && !strings.ContainsAny(stage.From, ":$@") {
			wrong("base %q can change under its name: give a tag or a digest by ARG", stage.From)
		}
		for _, l := range stage.Lines {
			if l.Instruction == "ADD" {
				wrong("ADD %s: use COPY; nothing comes from an address or unpacks itself", l.Rest)
			}
		}
	}
	user, entry := "", ""
	for _, l := range last.Lines {
		switch l.Instruction {
		case "USER":
			user = l.Rest
		case "ENTRYPOINT", "CMD":
			entry = l.Rest
		case "RUN":
			wrong("RUN %s: the last stage has nothing to run it with", l.Rest)
		}
	}
	if user != "65532:65532" {
		wrong("USER %q: run as 65532:65532, by number, so that runAsNonRoot can be checked", user)
	}
	if !strings.HasPrefix(entry, "[") {
		wrong("ENTRYPOINT %s: write a JSON list; there is no shell to read anything else", entry)
	}
	build := lines(stages, "RUN") + lines(stages, "ENV")
	for _, need := range []string{"CGO_ENABLED=0", "-trimpath", "-buildid="} {
		if !strings.Contains(build, need) {
			wrong("the build does not say %s: the image must be static and come out the same twice", need)
		}
	}
	if !strings.Contains(lines(stages[len(stages)-1:], "COPY"), "ca-certificates") {
		wrong("no CA certificates: TLS to the store and the database could not be checked")
	}
	return found
}

func lines(stages []Stage, instruction string) string {
	var all strings.Builder
	for _, s := range stages {
		for _, l := range s.Lines {
			if l.Instruction == instruction {
				all.WriteString(l.Rest + "\n")
			}
		}
	}
	return all.String()
}
