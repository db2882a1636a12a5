//! `reluflow completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::failure::{Exit, Failure};
use super::output::print;

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow completions bash > ~/.local/share/bash-completion/completions/reluflow
  reluflow completions zsh > \"${fpath[1]}/_reluflow\"
  reluflow completions fish > ~/.config/fish/completions/reluflow.fish")]
pub struct Args {
    /// The shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

impl Args {
    pub fn execute(self) -> Result<Exit, Failure> {
        let mut script = vec![];
        clap_complete::generate(self.shell, &mut Cli::command(), "reluflow", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Success)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_has_a_script() {
        for shell in Shell::value_variants() {
            let mut script = vec![];
            clap_complete::generate(*shell, &mut Cli::command(), "reluflow", &mut script);
            assert!(String::from_utf8(script).unwrap().contains("completions"), "{shell}");
        }
    }
}
