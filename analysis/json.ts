/** JSON values as the library reads and returns them. Numbers may be NaN or infinite: metrics backends send those. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
