// Package examples has the patterns of ØMQ as programs, one folder each, and the tests that run them. README.md is their
// index.
package examples
