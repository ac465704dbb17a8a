package main

import (
	"encoding/json"
	"math"

	"k8s.io/apimachinery/pkg/api/resource"
)

var plainTexts = []string{
	"web", "registry.example.com/shop/web:1.4.2", "Always", "/healthz", "TCP", "0.0.0.0", "config", "true", "null", "1e3",
	"ghcr.io/example/api@sha256:0d0c5d6f1b5e", "a-b.c_d/e", "kubernetes.io/hostname", "In", "IfNotPresent", "RuntimeDefault",
}

// oddTexts hold what encoders write differently: Go escapes <, >, &, U+2028 and U+2029.
var oddTexts = []string{
	"<script>&amp;</script>", "a \"quoted\" back\\slash", "tab\there\nnewline\rreturn", "bell\u0007 nul\u0000 esc\u001b del\u007f",
	"back\bspace form\ffeed", "line\u2028para\u2029end", "größe æøå Ελλ", "日本語", "emoji 😀 and 👩‍🚀", "\uFFFD replacement", "\u00a0nbsp\u200b",
	"$(VAR) ${X} $$(Y)", " leading and trailing ", "//comment", "\U0010FFFF top", "\uE000 private",
}

var mapKeys = []string{
	"app", "App", "a", "Z", "10", "9", "app.kubernetes.io/name", "cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "example.com/gpu",
	"\uE000", "😀", "é", "<key>", "a&b", "~", "_", "constructor", "__proto__x", "toString",
}

// quantities in the spellings people use and those that need care; numbers are legal too.
var quantities = []any{
	"100m", "1000m", "1500m", "0.5", "1", "2", "1.5", ".5", "5.", "+3", "-1", "-500m", "-0.5", "0", "0m", "00", "007", "1.500", "12.345", "12.3450",
	"1Ki", "1024Ki", "1024Mi", "1536Mi", "1.5Gi", "0.5Gi", "0.3Gi", "512", "512Ki", "8Ki", "3Ki", "1025Ki", "2048Gi", "1Pi", "1Ei", "7Ei", "9Ei", "-1.5Gi", "0.0001Ki",
	"1k", "1000k", "1M", "1000M", "1G", "1000G", "2T", "3P", "4E", "1000E", "1e3", "1E3", "1e4", "12e6", "1e-3", "5e-1", "1.25e3", "1e+2", "100e0", "1e19",
	"1n", "1u", "100u", "1000u", "0.1m", "0.0000000001", "1.0000000001", "-0.0000000001", "0.1n", "123456789012345678", "1234567890123456789", "12345678901234567890",
	"9223372036854775807", "9223372036854775808", "9223372036854775807Ki", "1000000", "100000", "0.001", "0.0010", "000128974848", "129e6", "129M", "123Mi", "0.000000001Gi",
	"100000000000000000000000", "1.000000000000000000000001", "1000000000000000000000m", "1100", "10", "20", "25.5", "33.33333333333",
	1, 2, 0, -4, 1000, 1024, 128974848, 0.5, 0.25, 1.5, 2.125, -0.5, 1000000000, 1e21, 0.001, 1e-7, 536870912, 12.345, 1073741824.5,
}

var intsOrStrings = []any{80, 8080, 0, 65535, -1, math.MaxInt32, "http", "25%", "100%", "8080", "<grpc>"}

var int32s = []any{1, 3, 80, 8080, 420, 30, -1, math.MaxInt32, math.MinInt32}

// Integers beyond 2^53 that are no power of two cannot survive a parser that reads numbers as doubles, ours included.
var int64s = []any{
	1, 30, 1000, 65534, -1, 4294967296, int64(1)<<53 - 1, -(int64(1)<<53 - 1), int64(1) << 53, int64(1) << 60, int64(math.MaxInt64), int64(math.MinInt64),
}

var times = []any{
	"2026-11-22T14:03:05Z", "2026-11-22T14:03:05.999999999Z", "2026-01-01T00:30:00+02:00", "2025-12-31T23:59:59.5-08:00", "1969-12-31T23:59:59.25Z",
	"2024-02-29T12:00:00Z", "0050-06-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-29T02:30:00+05:30",
}

var rawValues = []any{
	map[string]any{"f:metadata": map[string]any{"f:labels": map[string]any{".": map[string]any{}, "f:app": map[string]any{}}}},
	map[string]any{"f:spec": map[string]any{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": map[string]any{".": map[string]any{}, "f:<x>&": map[string]any{}}}},
	map[string]any{},
}

// quantityTable pairs every quantity above with the text Go writes for it.
func quantityTable() []byte {
	type pair struct {
		Written   any    `json:"written"`
		Canonical string `json:"canonical"`
	}
	pairs := []pair{}
	for _, written := range quantities {
		var parsed resource.Quantity
		if err := json.Unmarshal(encoded(written), &parsed); err != nil {
			panic(err)
		}
		var text string
		if err := json.Unmarshal(encoded(parsed), &text); err != nil {
			panic(err)
		}
		pairs = append(pairs, pair{written, text})
	}
	return indented(pairs)
}
