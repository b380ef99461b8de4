use alternator_lb_sdk::{Alternator, BuildError, ClientRoutes};

/// `seed` is the endpoint of the connection in the client's network, as `https://host:port`.
pub fn private_link(seed: &str, connection_id: &str) -> Result<Alternator, BuildError> {
    Alternator::builder()
        .seeds([seed])
        .address_translator(ClientRoutes::new([connection_id]))
        .build()
}
