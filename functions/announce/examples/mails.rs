//! Writes the mail of each kind of notice into a folder, as files: `cargo run --example mails -- DIR`.
//!
//! `tests/browser/gallery.mjs` looks at them in a browser.

use std::io;
use std::path::Path;

use curfew_announce::render;

#[path = "../samples/mod.rs"]
mod samples;

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1) else {
        return Err(io::Error::other("say into which folder: mails DIR"));
    };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for letter in samples::all() {
        let mail = render(&letter, "https://curfew.example.com");
        std::fs::write(folder.join(format!("{}.html", letter.kind.name())), mail.html)?;
    }
    Ok(())
}
