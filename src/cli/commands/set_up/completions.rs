//! `sortie completions`: the script for a shell. What the script asks is answered in `crate::cli::complete`.

use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::cli::args::{CompletionShell, CompletionsArgs};
use crate::cli::complete::VARIABLE;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::exit::ExitStatus;

/// The script for PowerShell. Words are taken as they are typed: the one that the engine brings evaluates the whole line
/// when Tab is pressed, with whatever `$(..)` stands in it.
const POWERSHELL: &str = r#"
Register-ArgumentCompleter -Native -CommandName sortie -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -le $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim("'", '"') })
    if ($wordToComplete -eq '') { $words += '' }
    $before = $env:SORTIE_COMPLETE
    $env:SORTIE_COMPLETE = 'powershell'
    try {
        & sortie -- @words | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        if ($null -eq $before) { Remove-Item Env:\SORTIE_COMPLETE } else { $env:SORTIE_COMPLETE = $before }
    }
}
"#;

pub(crate) fn run(context: &CommandContext, flags: &CompletionsArgs) -> Result<ExitStatus, Failure> {
    let script = match flags.shell {
        CompletionShell::Bash => registration(&Bash),
        CompletionShell::Zsh => registration(&Zsh),
        CompletionShell::Fish => registration(&Fish),
        CompletionShell::Powershell => POWERSHELL.trim_start().to_owned(),
    };
    context.console.form(&script)?;
    Ok(ExitStatus::Success)
}

/// The engine's script for `shell`, which calls sortie by its name: the script outlives the place that it is in today.
fn registration(shell: &dyn EnvCompleter) -> String {
    let mut script = Vec::new();
    let written = shell.write_registration(VARIABLE, "sortie", "sortie", "sortie", &mut script);
    written.expect("memory takes all that is written");
    String::from_utf8_lossy(&script).trim_start().to_owned()
}
