// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sort"
	"time"
)

// median is in milliseconds.
func median(times []time.Duration) float64 {
	sort.Slice(times, func(left, right int) bool { return times[left] < times[right] })
	return float64(times[len(times)/2].Nanoseconds()) / 1e6
}
