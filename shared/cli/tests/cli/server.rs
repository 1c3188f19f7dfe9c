//! A tiny HTTP server that answers by a table and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Such as `GET /v1/configuration`.
    pub(crate) what: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers by method and path with query; everything else is a 404.
    pub(crate) fn new(answers: Vec<(&str, u16, Value)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = asked.clone();
        let answers: Vec<(String, u16, Value)> =
            answers.into_iter().map(|(what, status, body)| (what.to_owned(), status, body)).collect();
        // Ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = read(&stream);
                let missing = serde_json::json!({ "code": "not_found", "detail": "There is no such thing." });
                let answer = answers.iter().find(|(what, ..)| *what == request.what);
                let (status, body) = answer.map_or((404, &missing), |(_, status, body)| (*status, body));
                remembered.lock().unwrap().push(request);
                let body = body.to_string();
                let head =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = (&stream).write_all((head + &body).as_bytes());
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Runs the binary against this server, with a token.
    pub(crate) fn run(&self, arguments: &[&str]) -> super::tools::Ran {
        let mut command = super::tools::curfew(arguments);
        command.env("CURFEW_URL", &self.url).env("CURFEW_TOKEN", "secret");
        command.output().unwrap().into()
    }
}

fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let what = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Asked { what, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
}
