/**
 * Names that so many bear in the United States that two strangers of a small file may have both, and the birth date, in common.
 * Common knowledge: the Census Bureau's last names of 2010, and the Social Security Administration's first names since 1940.
 */

const LAST_NAMES = new Set(
  `SMITH JOHNSON WILLIAMS BROWN JONES GARCIA MILLER DAVIS RODRIGUEZ MARTINEZ HERNANDEZ LOPEZ GONZALEZ WILSON ANDERSON THOMAS
  TAYLOR MOORE JACKSON MARTIN LEE PEREZ THOMPSON WHITE HARRIS SANCHEZ CLARK RAMIREZ LEWIS ROBINSON WALKER YOUNG ALLEN KING
  WRIGHT SCOTT TORRES NGUYEN HILL FLORES`.split(/\s+/),
);
const FIRST_NAMES = new Set(
  `JAMES JOHN ROBERT MICHAEL WILLIAM DAVID RICHARD JOSEPH THOMAS CHARLES CHRISTOPHER DANIEL MATTHEW ANTHONY MARK STEVEN ANDREW
  JOSHUA JOSE LUIS JUAN CARLOS MARY PATRICIA JENNIFER LINDA ELIZABETH BARBARA SUSAN JESSICA SARAH KAREN LISA NANCY SANDRA ASHLEY
  EMILY MARIA ANA ANH`.split(/\s+/),
);

/** Whether a first and a last name, both in capitals, are of those that very many bear. */
export function areVeryCommon(firstName: string, lastName: string): boolean {
  return LAST_NAMES.has(lastName) && FIRST_NAMES.has(firstName);
}
