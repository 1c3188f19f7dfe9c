//! Writes every page into a folder, as files that a server of files can show: `cargo run -p curfew-web --example gallery -- DIR`.
//!
//! `tests/browser/gallery.mjs` serves them with their headers, looks at them in a browser, and takes pictures.

use std::io;
use std::path::Path;

use curfew_web::views::Theme;
use curfew_web::{assets, security_headers};

#[path = "../samples/mod.rs"]
mod samples;

use samples::World;

/// Texts that want to be markup, break out of their place, or fill more of it than there is.
const HOSTILE: &str = "\"><img src=x onerror=alert(1)>'`&lt;/script> \u{202e}evil\u{2066} ";

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1) else {
        return Err(io::Error::other("say into which folder: gallery DIR"));
    };
    let folder = Path::new(&folder);
    let honest = |text: &str| text.to_owned();
    let hostile = |text: &str| format!("{HOSTILE}{text}");
    write(folder, "pages", World { text: &honest, theme: Theme::System })?;
    write(folder, "hostile", World { text: &hostile, theme: Theme::Dark })?;
    std::fs::create_dir_all(folder.join("assets"))?;
    for asset in assets().all() {
        std::fs::write(folder.join(asset.path.trim_start_matches('/')), asset.body)?;
    }
    let headers: Vec<String> = security_headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    std::fs::write(folder.join("headers.txt"), headers.join("\n"))
}

fn write(folder: &Path, end: &str, world: World<'_>) -> io::Result<()> {
    let folder = folder.join(end);
    std::fs::create_dir_all(&folder)?;
    for page in samples::all(world) {
        std::fs::write(folder.join(format!("{}.html", page.name)), page.html)?;
    }
    for page in samples::full(world) {
        std::fs::write(folder.join(format!("{}-full.html", page.name)), page.html)?;
    }
    Ok(())
}
