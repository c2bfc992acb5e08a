//go:build ignore

/* Stand-ins for three functions that the C library has since 2.38. Packages that were compiled with its headers refer to
   them where their source says strtol, strtoul and sscanf. The new names also read binary numbers ("0b11") where the base is
   0 or 2, and so for the formats of sscanf; libzmq and its neighbours ask for neither. scripts/vendor uses this file only
   where the C library of the machine lacks the names. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

long zmq_staged_strtol (const char *text, char **end, int base) __asm__("__isoc23_strtol");
unsigned long zmq_staged_strtoul (const char *text, char **end, int base) __asm__("__isoc23_strtoul");
int zmq_staged_sscanf (const char *text, const char *format, ...) __asm__("__isoc23_sscanf");

long zmq_staged_strtol (const char *text, char **end, int base)
{
    return strtol (text, end, base);
}

unsigned long zmq_staged_strtoul (const char *text, char **end, int base)
{
    return strtoul (text, end, base);
}

int zmq_staged_sscanf (const char *text, const char *format, ...)
{
    va_list list;
    int count;

    va_start (list, format);
    count = vsscanf (text, format, list);
    va_end (list);
    return count;
}
