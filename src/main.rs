//! The `reluflow` command.

fn main() -> std::process::ExitCode {
    reluflow::cli::main()
}
