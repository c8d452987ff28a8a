// placeholder by the lead until the helper's file is here: overwrite it
export type SecretRule = { readonly id: string; readonly kind: "fact" | "parameter"; readonly fact?: string; readonly type?: string; readonly parameter?: string; readonly created_at: string; readonly created_by: string };
