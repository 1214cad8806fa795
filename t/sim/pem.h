/*
 * A certificate and its key, as operators have them in files.
 */

#ifndef _PEM_H_INCLUDED_
#define _PEM_H_INCLUDED_


/* A test's own, of no use elsewhere: P-256, CN=relay.example. */
static const char  pem_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCnVEfXvFlbpjNgmW\n"
    "8bCxA75VhaC38QevtGhOVdE47CahRANCAARlpiLylvDhF+GX6FqejCLb9clXeLLC\n"
    "hzuajyaeLTCjSYs4ZCRM/4CjmSx14SMuYjpPDHjNu3ZdUl3kOgJ6QyET\n"
    "-----END PRIVATE KEY-----\n";

static const char  pem_cert[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBoTCCAUegAwIBAgIUCiWt4nHteOruXJWjPq7kzQJEvDYwCgYIKoZIzj0EAwIw\n"
    "GDEWMBQGA1UEAwwNcmVsYXkuZXhhbXBsZTAgFw0yNjExMjIwNDIxMzBaGA8yMTI2\n"
    "MTAyOTA0MjEzMFowGDEWMBQGA1UEAwwNcmVsYXkuZXhhbXBsZTBZMBMGByqGSM49\n"
    "AgEGCCqGSM49AwEHA0IABGWmIvKW8OEX4ZfoWp6MItv1yVd4ssKHO5qPJp4tMKNJ\n"
    "izhkJEz/gKOZLHXhIy5iOk8MeM27dl1SXeQ6AnpDIROjbTBrMB0GA1UdDgQWBBTw\n"
    "ndHGgZ8og9zbXsOhTVZ+sKQdGTAfBgNVHSMEGDAWgBTwndHGgZ8og9zbXsOhTVZ+\n"
    "sKQdGTAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDXJlbGF5LmV4YW1wbGUw\n"
    "CgYIKoZIzj0EAwIDSAAwRQIgYCQqwh8yLeAIZzcNqSxFGc1+yUEe2z3QdJt7HkMM\n"
    "VokCIQCJjBVOI6q/J/plioySRLsDrOKvbyvrLbcNMi84fQAc7A==\n"
    "-----END CERTIFICATE-----\n";


#endif /* _PEM_H_INCLUDED_ */
