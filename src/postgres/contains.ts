/** A Prisma condition: the column holds this text, upper and lower case alike. What means something to LIKE is text too, as Prisma leaves it. */
export function containsText(text: string): { contains: string; mode: 'insensitive' } {
  return { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' };
}
