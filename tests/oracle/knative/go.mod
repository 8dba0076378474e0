module tenfold.oracle/knative

go 1.26

require knative.dev/serving v0.51.0
