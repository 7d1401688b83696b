#!/usr/bin/env bash
# Generates Go, the REST gateway and the OpenAPI document from proto/.
# Third-party contracts come from the module cache into third_party/ (not kept).
set -euo pipefail
cd "$(dirname "$0")/.."

module_dir() { go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'; }

rm -rf third_party && mkdir -p third_party/google third_party/buf/validate
gnostic=$(module_dir github.com/google/gnostic@v0.7.1)
validate=$(module_dir github.com/bufbuild/protovalidate@v1.2.2)
cp -r "$gnostic/cmd/protoc-gen-openapi/examples/google/api" third_party/google/api
cp "$validate/proto/protovalidate/buf/validate/validate.proto" third_party/buf/validate/
chmod -R u+w third_party

bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/" tool
PATH="$bin:$PATH"

find proto -name '*.pb.go' -delete
find proto -name '*.pb.gw.go' -delete
mapfile -t files < <(cd proto && find . -name '*.proto' | sed 's#^\./##' | sort)
protoc -I proto -I third_party \
  --go_out=. --go_opt=module=shiyang \
  --go-grpc_out=. --go-grpc_opt=module=shiyang \
  --grpc-gateway_out=. --grpc-gateway_opt=module=shiyang \
  "${files[@]}"
rm -rf gateway/api/openapi && mkdir -p gateway/api/openapi
protoc -I proto -I third_party --openapiv3_out=gateway/api/openapi "${files[@]}"
find gateway/api/openapi -mindepth 2 -name '*.openapi.json' -exec mv {} gateway/api/openapi/ \;
find gateway/api/openapi -mindepth 1 -type d -empty -delete
