/**
 * The logo that modules print at start.
 *
 * @example
 * console.log(eeveeLogo);
 */
export const eeveeLogo = String.raw`
      /\                 /\
     /  \               /  \
    /    \  _________  /    \      ___  ___ __   __ ___  ___
    \     \/         \/     /     / _ \/ _ \\ \ / // _ \/ _ \
     \    |   o   o   |    /     |  __/  __/ \ V /|  __/  __/
      \___|     v     |___/       \___|\___|  \_/  \___|\___|
          \_  '---'  _/
         {{{{{{{}}}}}}}          bots on Kubernetes
          '{{{{{}}}}}'
`;
