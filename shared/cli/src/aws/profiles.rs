//! `curfew aws setup` and `remove`: a block of the AWS configuration that is ours, and nothing else of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::portal::SESSION;
use crate::access::entitlement::{self, Entitlement};
use crate::access::show::text;
use crate::answer::{Answer, Failure};
use crate::arguments::{Remove, Server, Setup};
use crate::remote::{self, Remote};
use crate::{files, sessions};

/// Begins our block.
const BEGIN: &str = "# >>> curfew";
/// Ends it.
const END: &str = "# <<< curfew";
/// Largest configuration that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// Writes a profile for each entitlement, in place of those that it wrote before.
pub(super) fn setup(given: &Setup) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let (portal, region) = place(&remote, given)?;
    let (offered, _) = entitlement::page(&remote, "", None)?;
    let path = path(given.config.as_deref())?;
    let others = without_ours(&read(&path)?, remote.base())?;
    let taken = profiles_in(&others);
    let (mut block, mut written, mut skipped) = (String::new(), Vec::new(), Vec::new());
    // Writing to a String cannot fail.
    let _ =
        writeln!(block, "{BEGIN} {} (written by `curfew aws setup`; `curfew aws remove` takes it out)", remote.base());
    if taken.contains(&format!("sso-session {SESSION}")) {
        skipped.push(format!("sso-session {SESSION}"));
    } else {
        let _ = writeln!(
            block,
            "[sso-session {SESSION}]\nsso_start_url = {portal}\nsso_region = {region}\nsso_registration_scopes = sso:account:access"
        );
    }
    let program = program()?;
    for (name, entitlement) in named(&offered, &given.prefix) {
        if taken.contains(&format!("profile {name}")) {
            skipped.push(name);
            continue;
        }
        let wanted = format!("{}/{}", entitlement.account(), text(&entitlement.0, "/permission_set_name"));
        let _ = writeln!(
            block,
            "[profile {name}]\ncredential_process = {program} aws credentials {} --url {} --portal {portal} --portal-region {region} --for {}",
            quoted(&wanted)?,
            remote.base(),
            given.duration,
        );
        if let Some(region) = &given.profile_region {
            let _ = writeln!(block, "region = {region}");
        }
        written.push(name);
    }
    let _ = writeln!(block, "{END} {}", remote.base());
    write(&path, &joined(&others, &block))?;
    Ok(told(&path, &written, &skipped))
}

/// Takes our block out.
pub(super) fn remove(given: &Remove) -> Result<Answer, Failure> {
    let base = base(&given.server)?;
    let path = path(given.config.as_deref())?;
    let before = read(&path)?;
    let others = without_ours(&before, &base)?;
    let removed = profiles_in(&before).len() - profiles_in(&others).len();
    if others != before {
        write(&path, &others)?;
    }
    let text = format!("{removed} sections taken out of {}.", path.display());
    Ok(Answer::fine(text, &json!({ "file": path, "removed": removed })))
}

fn base(server: &Server) -> Result<String, Failure> {
    let named = server.url.clone().map_or_else(sessions::latest, |url| Ok(Some(url)))?;
    named.map_or_else(
        || Err(Failure::usage("profiles of which server? name it with `--url`")),
        |url| remote::checked_base(&url),
    )
}

/// Where the portal is, as the arguments or the server say.
fn place(remote: &Remote, given: &Setup) -> Result<(String, String), Failure> {
    let said = match (&given.portal, &given.portal_region) {
        (Some(_), Some(_)) => Value::Null,
        _ => remote::http().json(&format!("{}/.well-known/curfew", remote.base()))?,
    };
    let one = |given: &Option<String>, pointer: &str, flag: &str| {
        let found = given.clone().unwrap_or_else(|| text(&said, pointer));
        if found.is_empty() || found.chars().any(|c| c.is_whitespace() || c.is_control() || "\"'#;".contains(c)) {
            return Err(Failure::usage(format!(
                "the server does not tell the AWS access portal; name it with `{flag}`"
            )));
        }
        Ok(found)
    };
    Ok((one(&given.portal, "/portal", "--portal")?, one(&given.portal_region, "/region", "--portal-region")?))
}

/// Profile names: by account and permission set, and by the account's id where two accounts have one name.
fn named<'e>(offered: &'e [Entitlement], prefix: &str) -> BTreeMap<String, &'e Entitlement> {
    let name = |account: &str, one: &Entitlement| {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let set = text(&one.0, "/permission_set_name");
        format!("{prefix}{account}.{set}").chars().map(plain).collect::<String>()
    };
    let by_name = |one: &Entitlement| name(&text(&one.0, "/account_name"), one);
    let mut times = BTreeMap::new();
    for one in offered {
        *times.entry(by_name(one)).or_insert(0) += 1;
    }
    let chosen = |one: &Entitlement| {
        let short = by_name(one);
        if times.get(&short) == Some(&1) { short } else { name(&one.account(), one) }
    };
    offered.iter().map(|one| (chosen(one), one)).collect()
}

/// This program, as a profile calls it.
fn program() -> Result<String, Failure> {
    let path = std::env::current_exe().map_err(|error| Failure::usage(format!("where this program is: {error}")))?;
    quoted(&path.to_string_lossy())
}

/// An argument as AWS SDKs read it: in quotation marks where it has spaces.
fn quoted(text: &str) -> Result<String, Failure> {
    if text.chars().any(|c| c.is_control() || "\"'\\#;$`".contains(c)) {
        return Err(Failure::usage(format!("`{text}` cannot stand in an AWS profile")));
    }
    Ok(if text.contains(' ') { format!("\"{text}\"") } else { text.to_owned() })
}

fn path(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let home = || files::home().map(|home| home.join(".aws").join("config"));
    let path = given.map(Path::to_owned).or_else(home);
    let path = path.ok_or_else(|| Failure::usage("where is the AWS configuration? name it with `--config`"))?;
    // What a link points to is written, and not the link.
    Ok(fs::canonicalize(&path).unwrap_or(path))
}

fn read(path: &Path) -> Result<String, Failure> {
    if path.exists() { files::bounded_text_of(path, LARGEST) } else { Ok(String::new()) }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::usage(format!("`{}` cannot be written: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    files::write_private(path, text)
}

/// The configuration without our block for this server. A block that does not end is left alone, and told.
fn without_ours(text: &str, base: &str) -> Result<String, Failure> {
    let (begin, end) = (format!("{BEGIN} {base} "), format!("{END} {base}"));
    let (mut kept, mut inside) = (String::new(), false);
    for line in text.split_inclusive('\n') {
        match (inside, line.starts_with(&begin), line.trim_end() == end) {
            (false, true, _) => inside = true,
            (true, _, true) => inside = false,
            (true, ..) => {}
            (false, ..) => kept.push_str(line),
        }
    }
    if inside {
        return Err(Failure::usage(format!(
            "the AWS configuration has a line `{begin}…` but none `{end}`; repair it by hand"
        )));
    }
    Ok(kept)
}

/// Sections, such as `profile x`.
fn profiles_in(text: &str) -> BTreeSet<String> {
    let section = |line: &str| {
        let name = line.trim().strip_prefix('[')?.split(']').next()?;
        Some(name.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    text.lines().filter_map(section).collect()
}

fn joined(others: &str, block: &str) -> String {
    let gap = if others.is_empty() || others.ends_with("\n\n") {
        ""
    } else if others.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    format!("{others}{gap}{block}")
}

fn told(path: &Path, written: &[String], skipped: &[String]) -> Answer {
    let mut lines = written.to_vec();
    lines.extend(skipped.iter().map(|name| format!("left as it was: {name} is there already")));
    lines.push(format!("{} profiles in {}", written.len(), path.display()));
    lines.push(format!("Sign in once with `aws sso login --sso-session {SESSION}`, and use one with `--profile`."));
    Answer::fine(lines.join("\n"), &json!({ "file": path, "profiles": written, "skipped": skipped }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "# >>> curfew https://c (written …)\n[profile a]\nx = 1\n# <<< curfew https://c\n";

    #[test]
    fn what_is_not_ours_stays_as_it_is() {
        let others = "[default]\nregion = x\n# >>> curfew https://d (written …)\n[profile d]\n# <<< curfew https://d\n";
        let text = format!("{others}\n{OURS}[profile b]\n");
        assert_eq!(without_ours(&text, "https://c").unwrap(), format!("{others}\n[profile b]\n"));
        assert_eq!(without_ours(others, "https://c").unwrap(), others);
        assert!(
            without_ours("# >>> curfew https://c (…)\n[profile b]\n", "https://c").is_err(),
            "nobody knows where it ends"
        );
        assert_eq!(without_ours(&joined(others, OURS), "https://c").unwrap(), format!("{others}\n"));
    }

    #[test]
    fn accounts_of_one_name_are_told_apart() {
        let offer = |id: &str, name: &str| {
            Entitlement(json!({ "account": id, "account_name": name, "permission_set_name": "Read Only" }))
        };
        let offered = [offer("1", "same"), offer("2", "same"), offer("3", "other one")];
        let names: Vec<String> = named(&offered, "c.").into_keys().collect();
        assert_eq!(names, ["c.1.Read-Only", "c.2.Read-Only", "c.other-one.Read-Only"]);
    }

    #[test]
    fn nothing_in_a_name_ends_the_line_or_the_argument() {
        assert_eq!(quoted("1/Read Only").unwrap(), "\"1/Read Only\"");
        for bad in ["a\nb", "a\"b", "a;b", "$HOME"] {
            assert!(quoted(bad).is_err(), "{bad}");
        }
    }
}
