//go:build ignore

/*
 * The distribution's libzmq is built with Kerberos, and Kerberos has no static
 * library. These are the functions that libzmq then misses; each says that the
 * mechanism is unavailable. libzmq takes that as a failed handshake: the peer
 * is dropped, nothing aborts.
 *
 * Declared here after RFC 2744, with opaque pointers, so that staging needs no
 * Kerberos headers. scripts/vendor keeps every name local to the archive: a
 * program that also uses the real Kerberos gets the real one.
 */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t OM_uint32;

typedef struct {
    OM_uint32 length;
    void *elements;
} oid_desc;

typedef struct {
    size_t length;
    void *value;
} buffer_desc;

#define S_COMPLETE ((OM_uint32) 0)
#define S_UNAVAILABLE ((OM_uint32) 16 << 16)

static oid_desc no_oid;

oid_desc *GSS_C_NT_HOSTBASED_SERVICE = &no_oid;
oid_desc *GSS_C_NT_USER_NAME = &no_oid;

/*
 * libzmq returns -1 to its engine without setting errno of its own. A value
 * left over from an earlier call could read as "try again" or "connection
 * reset", and the engine acts on both.
 */
static OM_uint32 unavailable (OM_uint32 *minor)
{
    if (minor)
        *minor = 0;
    errno = EACCES;
    return S_UNAVAILABLE;
}

/* libzmq releases and sends what a call left in its buffers, failed or not. */
static void clear (buffer_desc *buffer)
{
    if (buffer) {
        buffer->length = 0;
        buffer->value = NULL;
    }
}

static OM_uint32 released (OM_uint32 *minor, void **handle)
{
    if (minor)
        *minor = 0;
    if (handle)
        *handle = NULL;
    return S_COMPLETE;
}

OM_uint32 gss_import_name (OM_uint32 *minor, const buffer_desc *text,
                           const oid_desc *type, void **name)
{
    (void) text;
    (void) type;
    if (name)
        *name = NULL;
    return unavailable (minor);
}

OM_uint32 gss_acquire_cred (OM_uint32 *minor, const void *name,
                            OM_uint32 seconds, const void *mechs, int usage,
                            void **cred, void **actual_mechs,
                            OM_uint32 *actual_seconds)
{
    (void) name;
    (void) seconds;
    (void) mechs;
    (void) usage;
    if (cred)
        *cred = NULL;
    if (actual_mechs)
        *actual_mechs = NULL;
    if (actual_seconds)
        *actual_seconds = 0;
    return unavailable (minor);
}

OM_uint32 gss_init_sec_context (OM_uint32 *minor, const void *cred,
                                void **context, const void *target,
                                const oid_desc *mech, OM_uint32 flags,
                                OM_uint32 seconds, const void *bindings,
                                const buffer_desc *input,
                                oid_desc **actual_mech, buffer_desc *output,
                                OM_uint32 *actual_flags,
                                OM_uint32 *actual_seconds)
{
    (void) cred;
    (void) context;
    (void) target;
    (void) mech;
    (void) flags;
    (void) seconds;
    (void) bindings;
    (void) input;
    if (actual_mech)
        *actual_mech = NULL;
    clear (output);
    if (actual_flags)
        *actual_flags = 0;
    if (actual_seconds)
        *actual_seconds = 0;
    return unavailable (minor);
}

OM_uint32 gss_accept_sec_context (OM_uint32 *minor, void **context,
                                  const void *cred, const buffer_desc *input,
                                  const void *bindings, void **source,
                                  oid_desc **mech, buffer_desc *output,
                                  OM_uint32 *flags, OM_uint32 *seconds,
                                  void **delegated)
{
    (void) context;
    (void) cred;
    (void) input;
    (void) bindings;
    if (source)
        *source = NULL;
    if (mech)
        *mech = NULL;
    clear (output);
    if (flags)
        *flags = 0;
    if (seconds)
        *seconds = 0;
    if (delegated)
        *delegated = NULL;
    return unavailable (minor);
}

OM_uint32 gss_wrap (OM_uint32 *minor, const void *context, int confidential,
                    OM_uint32 qop, const buffer_desc *input, int *state,
                    buffer_desc *output)
{
    (void) context;
    (void) confidential;
    (void) qop;
    (void) input;
    if (state)
        *state = 0;
    clear (output);
    return unavailable (minor);
}

OM_uint32 gss_unwrap (OM_uint32 *minor, const void *context,
                      const buffer_desc *input, buffer_desc *output,
                      int *state, OM_uint32 *qop)
{
    (void) context;
    (void) input;
    clear (output);
    if (state)
        *state = 0;
    if (qop)
        *qop = 0;
    return unavailable (minor);
}

OM_uint32 gss_display_name (OM_uint32 *minor, const void *name,
                            buffer_desc *output, oid_desc **type)
{
    (void) name;
    clear (output);
    if (type)
        *type = NULL;
    return unavailable (minor);
}

/*
 * Nothing here ever hands out a name, a credential, a context or a buffer, so
 * there is nothing to free, and a second release is as good as a first.
 */
OM_uint32 gss_release_name (OM_uint32 *minor, void **name)
{
    return released (minor, name);
}

OM_uint32 gss_release_cred (OM_uint32 *minor, void **cred)
{
    return released (minor, cred);
}

OM_uint32 gss_delete_sec_context (OM_uint32 *minor, void **context,
                                  buffer_desc *output)
{
    clear (output);
    return released (minor, context);
}

OM_uint32 gss_release_buffer (OM_uint32 *minor, buffer_desc *buffer)
{
    clear (buffer);
    return released (minor, NULL);
}
