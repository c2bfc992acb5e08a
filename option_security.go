package zmq

// CurveServerMode makes the socket a server of CURVE security; false returns it to no security
// (ZMQ_CURVE_SERVER, boolean, default false).
var CurveServerMode Option[bool]

// CurvePublicKey is a client's own public key (ZMQ_CURVE_PUBLICKEY, 32 bytes, default zero).
var CurvePublicKey Option[CurveKey]

// CurveOwnSecretKey is the socket's own secret key (ZMQ_CURVE_SECRETKEY, 32 bytes, default zero).
var CurveOwnSecretKey Option[CurveSecretKey]

// CurveServerKey is the public key of the server that a client connects to (ZMQ_CURVE_SERVERKEY, 32 bytes,
// default zero). A server with another key never sees a message of this client.
var CurveServerKey Option[CurveKey]

// PlainServerMode makes the socket the server of PLAIN security; false returns it to no security
// (ZMQ_PLAIN_SERVER, boolean, default false, from 4.0). See PlainServer.
var PlainServerMode Option[bool]

// PlainUsername is the user name that a client of PLAIN security gives, 1 to 255 bytes (ZMQ_PLAIN_USERNAME,
// default none, from 4.0). See PlainClient.
var PlainUsername Option[string]

// PlainPassword is the password that a client of PLAIN security gives, 1 to 255 bytes (ZMQ_PLAIN_PASSWORD,
// default none, from 4.0). It goes over the network in clear text. See PlainClient.
var PlainPassword Option[string]

// Mechanism is the security mechanism that the socket's other options have chosen: MechanismNull,
// MechanismPlain, MechanismCurve or MechanismGSSAPI (ZMQ_MECHANISM, read only, from 4.0).
var Mechanism Getter[int]

// ZAPDomain is the name that an Authenticator gets with each request of this socket's clients, 1 to 255 bytes
// (ZMQ_ZAP_DOMAIN, default none, from 4.0). A socket without security asks an Authenticator only
// if this is set.
var ZAPDomain Option[string]

// GSSAPIServer makes the socket the server of GSSAPI security (ZMQ_GSSAPI_SERVER, boolean, default false, from
// 4.1, on engines with Has("gssapi")).
var GSSAPIServer Option[bool]

// GSSAPIPrincipal is the principal that the socket acts as, 1 to 255 bytes (ZMQ_GSSAPI_PRINCIPAL, default none,
// from 4.1, on engines with Has("gssapi")).
var GSSAPIPrincipal Option[string]

// GSSAPIServicePrincipal is the principal of the server that a client connects to, 1 to 255 bytes
// (ZMQ_GSSAPI_SERVICE_PRINCIPAL, default none, from 4.1, on engines with Has("gssapi")).
var GSSAPIServicePrincipal Option[string]

// GSSAPIPlaintext switches encryption under GSSAPI security off (ZMQ_GSSAPI_PLAINTEXT, boolean, default false,
// from 4.1, on engines with Has("gssapi")).
var GSSAPIPlaintext Option[bool]

// GSSAPIPrincipalNameType is the kind of name that GSSAPIPrincipal is: GSSAPIHostBased, GSSAPIUserName or
// GSSAPIKrb5Principal (ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, 0 to 2, default 0, from 4.2.3, on engines with Has("gssapi")).
var GSSAPIPrincipalNameType Option[int]

// GSSAPIServicePrincipalNameType is the kind of name that GSSAPIServicePrincipal is
// (ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, 0 to 2, default 0, from 4.2.3, on engines with Has("gssapi")).
var GSSAPIServicePrincipalNameType Option[int]
