# Everything, as CI runs it
check:
    ./test

# What is quick: no package, no release build
fast:
    ./test --fast

# The whole story on this machine
demo:
    cargo run --release -- demo

# Take new golden decisions over, after having read their diff
bless:
    INSTA_UPDATE=always cargo nextest run --lib decide::tests

bench:
    cargo bench
