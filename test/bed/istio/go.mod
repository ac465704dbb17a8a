module tidegate.io/test/bed/istio

go 1.26.0

require istio.io/api v1.29.0
