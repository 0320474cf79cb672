//! A Python that has imported a build backend, and forks for each build: importing setuptools takes
//! longer than what most builds ask of it.
//!
//! It ends with the process that started it, however that ends: its standard input does then.

use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;
use duct::Handle;
use serde_json::Value;

/// A server; dropped, it ends.
#[derive(Debug)]
pub(crate) struct Server {
    talk: Mutex<Option<Talk>>,
    process: Handle,
}

#[derive(Debug)]
struct Talk {
    requests: PipeWriter,
    replies: BufReader<PipeReader>,
}

impl Server {
    /// Starts what `expression` is, which is to serve as `runner.py` says.
    pub(crate) fn start(expression: &duct::Expression) -> io::Result<Self> {
        let (stdin, requests) = io::pipe()?;
        let (replies, stdout) = io::pipe()?;
        let process = expression
            .stdin_file(stdin)
            .stdout_file(stdout)
            .stderr_null()
            .unchecked()
            .start()?;
        let talk = Talk {
            requests,
            replies: BufReader::new(replies),
        };
        Ok(Self {
            talk: Mutex::new(Some(talk)),
            process,
        })
    }

    /// Has a request served, whose `lock` is this file.
    ///
    /// # Errors
    /// Where the server is gone: the request was not served.
    pub(crate) fn serve(&self, request: &Value, lock: &Utf8Path) -> io::Result<()> {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let Talk { requests, replies } = talk.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        requests.write_all(format!("{request}\n").as_bytes())?;
        let mut line = String::new();
        if replies.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        drop(talk);
        // Whoever serves the request holds the lock to its end.
        crate::files::lock(lock).map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let talk = self.talk.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(talk.take());
        // There is nothing to be done about one that does not end well.
        let _ = self.process.wait();
    }
}
