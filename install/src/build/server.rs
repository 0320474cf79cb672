//! A Python that has imported a build backend and forks for each build. Importing setuptools takes
//! longer than most builds.
//!
//! It ends with the process that started it, since its standard input is then closed.

use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;
use duct::Handle;
use serde_json::Value;

/// A server. It ends when it is dropped.
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
    /// Starts `expression`, which must serve requests as `runner.py` describes.
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

    /// Sends a request to the server. `lock` is the file of the request's lock.
    ///
    /// # Errors
    /// Where the server has ended, and the request was not served.
    pub(crate) fn serve(&self, request: &Value, lock: &Utf8Path) -> io::Result<()> {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let Talk { requests, replies } = talk.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        requests.write_all(format!("{request}\n").as_bytes())?;
        let mut line = String::new();
        if replies.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        drop(talk);
        // The process that serves the request holds the lock until it ends.
        crate::files::lock(lock).map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let talk = self.talk.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(talk.take());
        // Nothing can be done about a server that fails at its end.
        let _ = self.process.wait();
    }
}
