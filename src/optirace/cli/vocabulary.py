"""Other words for commands and options, as people type them who know another program."""

COMMANDS = {
    "render": (
        "animate animation film movie video make draw plot picture export save create gif mp4 "
        "play race run start"
    ),
    "table": "race run start compare standings results result losses print show summary",
    "sweep": "scan grid search gridsearch tune sensitivity heatmap rates",
    "explain": "describe why formula math teach about",
    "snippet": "embed html paste include",
    "list": "ls available names",
    "init": "new template scene config example",
    "inspect": "info view read metadata provenance identify",
    "completion": "completions autocomplete install-completion",
    "doctor": "diagnose check-install selftest self-test status env test",
}
"""What else a command is called."""

OPTIONS = {
    "lr": "learning-rate learningrate rate alpha eta step-size stepsize l lrs rates learning-rates",
    "beta": "momentum mu",
    "beta1": "b1 betas",
    "beta2": "b2",
    "eps": "epsilon",
    "steps": (
        "n iterations iters iter iteration epochs epoch num-steps n-steps max-iter max-steps "
        "updates count"
    ),
    "start": (
        "x0 initial init-point origin theta0 theta point begin from starting-point start-point"
    ),
    "optimizer": (
        "optimiser optimizers optimisers optim opt algorithm algorithms algo method methods "
        "rule racer racers solver"
    ),
    "surface": "function fn func loss objective landscape formula problem expression expr",
    "view": "xlim ylim bounds range domain extent window box limits region zoom",
    "minimum": "optimum min minima",
    "tol": "tolerance threshold",
    "convention": "library framework conventions flavour flavor",
    "lr-schedule": (
        "schedule scheduler lr-scheduler decay lr-decay learning-rate-schedule annealing warmup"
    ),
    "noise": "sigma noise-std std stochastic",
    "seed": "random-seed random-state rng",
    "tune": "auto auto-lr fair optimize best",
    "plugin": "plug-in plugins plug-ins module extension",
    "output": "out outfile output-file file filename save save-to path export to outputs",
    "speed": "playback-speed velocity-factor",
    "duration": "seconds length time secs d",
    "fps": "framerate frame-rate frames-per-second r",
    "quality": "resolution res definition",
    "size": "dimensions geometry dim figsize",
    "theme": "mode color-scheme colour-scheme palette background bg skin",
    "hold": "pause freeze wait",
    "title": "heading caption name",
    "loop": "repeat loops",
    "arrows": "arrow vectors quiver velocity",
    "at": "frame at-step moment step",
    "codec": "encoder vcodec video-codec",
    "chroma": "pix-fmt subsampling pixel-format",
    "animate": "animated moving",
    "strip": "panels frames side-by-side",
    "poster": "thumbnail cover preview",
    "max-size": "max-bytes limit filesize file-size max-filesize budget",
    "note": "annotate annotation text comment notes",
    "captions": "subtitles subs vtt srt",
    "alt": "alt-text alttext description describe",
    "dry-run": "dry plan simulate no-write dryrun",
    "check": "verify diff",
    "force": "overwrite yes y",
    "quiet": "silent s",
    "open": "show view-file display play",
    "format": "fmt f type output-format as",
    "every": "interval stride trajectory every-step",
    "wide": "full all columns verbose",
    "jobs": "j processes threads workers parallel cores cpus",
    "metric": "quantity measure",
}
"""What else an option is called; one letter is a short form."""

FLAGS = (
    "arrows",
    "animate",
    "poster",
    "captions",
    "alt",
    "dry-run",
    "check",
    "force",
    "quiet",
    "open",
    "wide",
)
"""Options of these that take no value."""

PHRASES = {
    "md": ["--format", "markdown"],
    "tex": ["--format", "latex"],
    "pytorch": ["--convention", "torch"],
    "tensorflow": ["--convention", "keras"],
    "jax": ["--convention", "optax"],
    "hd": ["-q", "720p"],
    "full-hd": ["-q", "1080p"],
    "fast": ["--speed", "4"],
    "slow": ["--speed", "0.5"],
    "no-loop": ["--loop", "1"],
    "once": ["--loop", "1"],
    "transparent": ["--theme", "light"],
}
"""What stands for an option with its value."""

NEEDED = {
    "explain": "an optimizer",
    "snippet": "a file",
    "list": "a kind",
    "inspect": "a file",
    "completion": "a shell",
}
"""What a command must be given."""
