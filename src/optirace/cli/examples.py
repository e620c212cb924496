"""Command lines to start from: three for each command, which its help shows and a test runs."""

EXAMPLES = {
    "": (
        ("optirace render --lr 0.1 -o race.mp4", "Render a race of four optimizers as a video."),
        ("optirace table --surface rosenbrock", "Print how the same four end on another surface."),
        ("optirace explain adam", "Explain one of them, term by term."),
    ),
    "render": (
        ("optirace render --lr 0.1 -o race.mp4", "Render the default race as a video."),
        (
            "optirace render -O adam -O sgd:lr=0.05 -o duel.gif -o duel.png",
            "Render two racers as a GIF and as a still.",
        ),
        ("optirace render race.toml --theme dark -o dark.mp4", "Render a scene in dark colours."),
    ),
    "table": (
        ("optirace table --lr 0.1", "Print the standings of the default race."),
        (
            "optirace table --surface himmelblau -O adam -O momentum:beta=0.95",
            "Compare two optimizers on another surface.",
        ),
        ("optirace table --every 50 --format csv", "Print every 50th step as CSV."),
    ),
    "sweep": (
        ("optirace sweep", "Print where each of the four optimizers converges."),
        (
            "optirace sweep --lr 1e-3:3:31 -O adam -o sweep.png",
            "Draw the loss against 31 learning rates.",
        ),
        (
            "optirace sweep --lr 1e-2:3:16 --beta 0:0.98:8 -O momentum -o map.svg",
            "Draw a map of learning rates and betas.",
        ),
    ),
    "explain": (
        ("optirace explain adam", "Explain Adam with the values of the lecture."),
        (
            "optirace explain adam:lr=0.3 --surface rosenbrock",
            "Work the first step on another surface.",
        ),
        ("optirace explain momentum --convention torch", "Explain what PyTorch calls momentum."),
    ),
    "snippet": (
        ("optirace snippet race.mp4", "Print the HTML that shows a film."),
        ("optirace snippet race.mp4 --for quarto", "Print the same for a Quarto document."),
        (
            'optirace snippet race.gif --for markdown --alt "Adam overtakes SGD"',
            "Give the alt text yourself.",
        ),
    ),
    "list": (
        ("optirace list surfaces", "Print the names of all surfaces, with what each is good for."),
        ("optirace list optimizers --wide", "Print the optimizers, each on one line."),
        ("optirace list conventions --format json", "Print the conventions as JSON."),
    ),
    "init": (
        ("optirace init", "Write race.toml, with every option at its default."),
        ("optirace init talk.toml", "Write the same to another file."),
        ("optirace init race.toml --force", "Start again from the defaults."),
    ),
    "inspect": (
        ("optirace inspect race.mp4", "Print how a film was made."),
        ("optirace inspect race.mp4 --table", "Run its race again and print the standings."),
        ("optirace inspect race.mp4 --rerun -o again.mp4", "Render it again."),
    ),
    "completion": (
        (
            "optirace completion bash",
            "Print the script for bash; put eval and $( ) around it in ~/.bashrc.",
        ),
        ("optirace completion zsh", "Print the script for zsh, and use it in ~/.zshrc likewise."),
        (
            "optirace completion fish > optirace.fish",
            "Write the script for fish, for ~/.config/fish/completions.",
        ),
    ),
    "doctor": (
        ("optirace doctor", "Check the installation."),
        ("optirace doctor --json", "Print the checks as JSON."),
        ("optirace doctor --json > report.json", "Keep them for a bug report."),
    ),
}
"""Of each command, and of the program itself under no name: a line, and what it does."""
