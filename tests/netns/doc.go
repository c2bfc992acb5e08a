// Package netns makes networks for tests: in a network namespace, lines between hosts that lose frames.
package netns
