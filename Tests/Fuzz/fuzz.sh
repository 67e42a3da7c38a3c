#!/usr/bin/env bash
# Builds the fuzz targets (libFuzzer and AddressSanitizer) and gives each its share of SECONDS.
# Inputs that are new go to .build/fuzz/new; a find is kept as .build/fuzz/TARGET-crash-… and ends the run.
# Usage: Tests/Fuzz/fuzz.sh SECONDS [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/../.."
total=$1; shift
targets=("$@"); [ ${#targets[@]} -gt 0 ] || targets=(request response chunks stream body json kvevents zmtp)
core=Sources/GatewayCore
sources=("$core"/Wire/*.swift "$core"/Routing/{SplitMix64,PromptHash}.swift
  "$core"/Fleet/{StreamFault,EngineKind,SocketAddress}.swift
  "$core"/Proxy/{BodyFacts,EventShape,Usage,StreamObserver,StreamFilter,Repetition}.swift
  "$core"/Proxy/Migration/{StreamRecord,ContinuedEvents,Obstacles}.swift)
out=.build/fuzz
mkdir -p "$out/collectors"
# One module for all: what the collectors import is in it.
for file in Sources/Collectors/{Formats/{MessagePack,ZMTP},KVEvents/{KVEventDecoder,KVEventFields}}.swift; do
  sed '/^import GatewayCore$/d' "$file" > "$out/collectors/${file##*/}"
done
sources+=("$core"/Routing/Presence/KVEvent.swift "$out"/collectors/*.swift)
# The linker says of each symbol of the sanitizer that it stays local, which is no trouble.
swiftc -O -wmo -swift-version 6 -package-name signalbox -module-name Fuzz -sanitize=fuzzer,address \
  -parse-as-library -I Sources/CLinux "${sources[@]}" Tests/Fuzz/*.swift -o "$out/fuzz" > "$out/build.log" 2>&1 ||
  { grep -v 'ld.gold: warning' "$out/build.log"; exit 1; }
share=$((total / ${#targets[@]}))
for target in "${targets[@]}"; do
  mkdir -p "$out/new/$target"
  # Without symbols in its reports: looking them up takes minutes.
  FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=symbolize=0:detect_leaks=0 timeout $((share + 60)) \
    "$out/fuzz" -max_total_time=$share -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -dict=Tests/Fuzz/tokens.dict \
    -artifact_prefix="$out/$target-" "$out/new/$target" "Tests/Fuzz/Corpus/$target" > "$out/$target.log" 2>&1 ||
    { grep -E 'broken rule|ERROR|SUMMARY|Test unit|Fatal' "$out/$target.log"; echo "fuzz $target: a find"; exit 1; }
  awk -v t="$target" '/stat::number_of_executed_units/ {n=$2} /stat::average_exec_per_sec/ {s=$2} /cov:/ {c=$0}
    END {sub(/.*cov: /, "", c); sub(/ .*/, "", c); printf "fuzz %s: %d runs, %d a second, %d edges\n", t, n, s, c}' "$out/$target.log"
done
