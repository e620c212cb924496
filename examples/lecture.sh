#!/bin/sh
# Renders the films of a lecture. The same versions write the same bytes, so CI can compare them.
set -eu
media=${1:-media}
optirace=${OPTIRACE:-optirace}

# The race that the lecture opens with, as a film, a GIF for the notes and a still for print.
$optirace render --lr 0.1 -o "$media/race.mp4" -o "$media/race.gif" -o "$media/race.png"

# One number changed: a learning rate just past SGD's limit of 2/20.
$optirace render --lr 0.11 --title "Past the limit" -o "$media/past-the-limit.mp4"

# Three values of beta, in slow motion and in the dark theme.
$optirace render -O momentum:beta=0.5,label=light -O momentum:beta=0.9 -O "momentum:beta=0.99,label=heavy" \
    --steps 100 --speed 1 --theme dark --title "Momentum" -o "$media/momentum.mp4"

$optirace table --format markdown >"$media/race.md"
