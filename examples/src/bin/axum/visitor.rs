//! A client of the service.

use examples::{Error, verify};
use http_body_util::BodyExt as _;
use hyper::header::HOST;
use hyper::{Method, Request, client};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

pub(crate) struct Visitor {
    service: SocketAddr,
}

impl Visitor {
    pub(crate) fn new(service: SocketAddr) -> Self {
        Self { service }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<String, Error> {
        self.send(Method::GET, path).await
    }

    pub(crate) async fn post(&self, path: &str) -> Result<String, Error> {
        self.send(Method::POST, path).await
    }

    async fn send(&self, method: Method, path: &str) -> Result<String, Error> {
        let stream = TokioIo::new(TcpStream::connect(self.service).await?);
        let (mut sender, connection) = client::conn::http1::handshake(stream).await?;
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let request = Request::builder().method(method).uri(path);
        let request = request.header(HOST, self.service.to_string());
        let response = sender.send_request(request.body(String::new())?).await?;
        let is_success = response.status().is_success();
        let body = response.into_body().collect().await?.to_bytes();
        let text = String::from_utf8(body.into())?;
        verify(is_success, &text)?;
        Ok(text)
    }
}
