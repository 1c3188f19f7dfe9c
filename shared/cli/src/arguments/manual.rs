//! Manual pages and completions, from the definition of the command line.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Arguments;
use crate::answer::{Answer, Failure};

/// Completions for a shell.
pub(crate) fn completions(shell: Shell) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "curfew", &mut script);
    let text = String::from_utf8_lossy(&script).into_owned();
    let json = serde_json::json!({ "shell": shell.to_string(), "script": text });
    Answer::fine(text, &json)
}

/// The manual: a page, or a page for each command in a folder.
pub(crate) fn manual(folder: Option<&Path>) -> Result<Answer, Failure> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut page);
        rendered.map_err(|error| Failure::usage(format!("the manual page cannot be written: {error}")))?;
        let text = String::from_utf8_lossy(&page).into_owned();
        return Ok(Answer::fine(text.clone(), &serde_json::json!({ "page": text })));
    };
    let cannot = |error: std::io::Error| Failure::usage(format!("`{}` cannot be written: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(cannot)?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(cannot)?;
    let text = format!("The pages are in {}; read one with `man -l`.", folder.display());
    Ok(Answer::fine(text, &serde_json::json!({ "folder": folder })))
}
