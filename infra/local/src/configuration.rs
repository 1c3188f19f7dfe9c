//! The configuration that the local run publishes: the example folder, as it is in the clone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::Error;

/// The folder, from the top of the clone.
pub(crate) const FOLDER: &str = "infra/configuration";
/// Files in these folders are about a configuration, and no part of it.
const ABOUT: [&str; 2] = ["tests", "invariants"];

/// Texts of the files that a configuration consists of, by path relative to the folder.
pub(crate) fn read(workspace: &Path) -> Result<BTreeMap<String, String>, Error> {
    let mut files = BTreeMap::new();
    collect(&workspace.join(FOLDER), "", &mut files)?;
    Ok(files)
}

fn collect(root: &Path, below: &str, files: &mut BTreeMap<String, String>) -> Result<(), Error> {
    let here = root.join(below);
    let reading = format!("read {}", here.display());
    for entry in fs::read_dir(&here).map_err(Error::io(&reading))? {
        let entry = entry.map_err(Error::io(&reading))?;
        // Nothing of ours has a name that is no text.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if entry.path().is_dir() {
            if !ABOUT.contains(&path.as_str()) {
                collect(root, &path, files)?;
            }
        } else if [".toml", ".cedar"].iter().any(|kind| name.ends_with(kind)) {
            let text =
                fs::read_to_string(entry.path()).map_err(Error::io(format!("read {}", entry.path().display())))?;
            files.insert(path, text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::Organization;
    use crate::state::workspace;

    #[test]
    fn the_example_is_read_and_the_administrator_may_publish_its_successor() {
        let files = read(&workspace().unwrap()).unwrap();
        assert!(files.contains_key("permits.cedar") && !files.contains_key("schema.json"), "{:?}", files.keys());
        let settings: toml::Table = files["curfew.toml"].parse().unwrap();
        let administrators = settings["roles"]["administrators"]["users"].as_array().unwrap();
        let first = Organization::sample().unwrap().administrator;
        assert!(administrators.iter().any(|name| name.as_str() == Some(&first)), "{administrators:?}");
    }
}
