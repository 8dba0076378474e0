// Asks robfig/cron, with the options of KEDA's cron scaler, and writes what it answers as keda_cron.json.
//
//	go run . SEED > keda_cron.json
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

type answer struct {
	Start  string `json:"start"`
	Zone   string `json:"zone"`
	Now    int64  `json:"now"`
	Valid  bool   `json:"valid"`
	Next   int64  `json:"next"`
	DST    bool   `json:"dst"`
	End    string `json:"end,omitempty"`
	Within *bool  `json:"within,omitempty"`
}

var (
	parser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	zones  = []string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tehran",
		"Africa/Casablanca", "America/Havana", "Pacific/Apia"}
	bounds = [][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}
	// What a parser may read in more ways than one.
	odd = []string{"0 8 * * 7", "0 8 * * 5-7", "*-5 * * * *", "+1 * * * *", "1,,2 * * * *", ", * * * *", "*/100 * * * *",
		"1/70 * * * *", "*/0 * * * *", "*/2/3 * * * *", "1-2-3 * * * *", "@daily", "0 8 30 2 *", "0 8 * * FRI-MON", "",
		"0 8 * * sun-tue", "?-3 * * * *", "*,5 * 13 * 5", "TZ=Asia/Kolkata 0 8 * * *", "CRON_TZ=UTC 5 4 * * *", "0 8 L * *"}
)

func field(r *rand.Rand, least, most int) string {
	parts := make([]string, 1+r.Intn(2))
	for i := range parts {
		first := least + r.Intn(most-least+1)
		last := first + r.Intn(most-first+1)
		parts[i] = []string{"*", "*", "?", strconv.Itoa(first), fmt.Sprintf("%d-%d", first, last),
			fmt.Sprintf("%d-%d/%d", first, last, 1+r.Intn(5)), fmt.Sprintf("*/%d", 1+r.Intn(most)),
			fmt.Sprintf("%d/%d", first, 1+r.Intn(9))}[r.Intn(8)]
	}
	return strings.Join(parts, ",")
}

func expression(r *rand.Rand) string {
	fields := make([]string, len(bounds))
	for i, b := range bounds {
		fields[i] = field(r, b[0], b[1])
	}
	return strings.Join(fields, " ")
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// Whether the offset from UTC is another one when the time comes.
func crosses(now, next time.Time) bool {
	_, before := now.Zone()
	_, after := next.Zone()
	return !next.IsZero() && before != after
}

// KEDA's condition; the instant itself never lies after a time that is still to come.
func within(start, end time.Time, now time.Time) bool {
	if start.Before(end) {
		return now.After(start) && now.Before(end)
	}
	return now.After(start) || now.Before(end)
}

func ask(start, end, zone string, now int64) answer {
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	at := time.Unix(now, 0).In(location)
	a := answer{Start: start, Zone: zone, Now: now}
	schedule, err := parser.Parse(start)
	if err != nil {
		return a
	}
	next := schedule.Next(at)
	a.Valid, a.Next, a.DST = true, unix(next), crosses(at, next)
	ends, err := parser.Parse(end)
	if err != nil || next.IsZero() {
		return a
	}
	if last := ends.Next(at); !last.IsZero() {
		is := within(next, last, at)
		a.End, a.Within = end, &is
	}
	return a
}

func main() {
	seed, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		panic(err)
	}
	r := rand.New(rand.NewSource(seed))
	var answers []answer
	for _, start := range odd {
		answers = append(answers, ask(start, "", "Europe/Berlin", 1767571200+r.Int63n(1e8)))
	}
	for range 600 {
		zone := zones[r.Intn(len(zones))]
		answers = append(answers, ask(expression(r), expression(r), zone, 1767571200+r.Int63n(1e8)))
	}
	source := fmt.Sprintf("robfig/cron v3.0.1 with the options of KEDA's cron scaler, seed %d", seed)
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"source": source, "crons": answers}); err != nil {
		panic(err)
	}
}
