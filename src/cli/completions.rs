//! `reluflow completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::failure::{Exit, Failure};
use super::names::Names;
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
        print(&script(self.shell))?;
        Ok(Exit::Success)
    }
}

fn script(shell: Shell) -> String {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Cli::command(), "reluflow", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Fish {
        // The generator completes no arguments without a dash.
        for (commands, names) in [
            ("scenarios; and __fish_seen_subcommand_from show copy", Names::scenarios()),
            ("reproduce", Names::reproductions()),
        ] {
            script += &format!(
                "complete -c reluflow -n \"__fish_seen_subcommand_from {commands}\" -f -a \"{}\"\n",
                names.joined()
            );
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_has_a_script() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            // A command, a figure, a scenario, a reproduction.
            // The generators of the other shells do not complete values.
            let count = match shell {
                Shell::Bash | Shell::Zsh | Shell::Fish => 4,
                _ => 1,
            };
            for name in &["completions", "trajectories", "regime_adaptive", "w-fig5"][..count] {
                assert!(script.contains(name), "{shell}: {name}");
            }
        }
    }
}
