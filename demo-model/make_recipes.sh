#!/bin/sh
# Finds the bundled model's recipes again, into demo-model/recipes: after every training of the checkpoint.
# Takes about two minutes on two free cores.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
recipes="$here/recipes"
rm -f "$recipes"/demo-fitprune-*.json "$recipes"/demo-vtw-*.json
"$here/../winnow" calibrate --method fitprune --flops 0.35,0.45,0.6,0.75,0.9 --recipes "$recipes"
# The paper's criterion, which this model meets at no layer, and a laxer one over answers of several words.
"$here/../winnow" calibrate --method vtw --recipes "$recipes"
"$here/../winnow" calibrate --method vtw --threshold 0.1 --answer-tokens 8 --recipes "$recipes"
